/* SPDX-License-Identifier: MIT */
#include <spinodal/transition/answer.h>
#include <spinodal/transition/claim.h>

static const char *const kinds[] = {"spinodal_up", "spinodal_down", "maxwell", "continuous", NULL};
static const char *const evidences[] = {"fold",       "branch_point", "jump",     "crossing",
                                        "continuous", "kink",         "exchange", "unresolved",
                                        "conflict",   "touch",        NULL};

#define ITEM(type, name, member, kind, unit, help, words)                                          \
    {                                                                                              \
        name, kind, offsetof(type, member), unit, help, words, NULL                                \
    }
#define REAL(name, member, unit, help) ITEM(RECORD, name, member, SPN_COLUMN_REAL, unit, help, NULL)
#define INTEGER(name, member, help) ITEM(RECORD, name, member, SPN_COLUMN_INTEGER, "", help, NULL)
#define WORDS(name, member, help, words)                                                           \
    ITEM(RECORD, name, member, SPN_COLUMN_INTEGER, "", help, words)
#define TABLE(name)                                                                                \
    const spn_columns name##_columns = {items_##name, sizeof items_##name / sizeof *items_##name,  \
                                        sizeof(RECORD)}

#define RECORD spn_transition
static const spn_column items_spn_transition[] = {
    INTEGER("run", run, "number of the file, from 0"),
    WORDS("kind", kind, "null: undecided", kinds),
    REAL("order", order, "", "1: |theta|^2 jumps; 2: its derivative does; null: undecided"),
    REAL("beta", beta, "error/weight^2", "where it is"),
    REAL("beta_low", beta_low, "error/weight^2", "lower end of its interval"),
    REAL("beta_high", beta_high, "error/weight^2", "upper end of its interval"),
    REAL("norm_before", before.norm, "weight", "|theta| of the phase that ends"),
    REAL("norm_after", after.norm, "weight", "|theta| of the phase it goes to"),
    REAL("error_before", before.error, "error", "E before (T1)"),
    REAL("error_after", after.error, "error", "E after"),
    REAL("curvature_before", before.curvature, "error^2/weight^4",
         "scalar curvature of E's graph before (T3)"),
    REAL("curvature_after", after.curvature, "error^2/weight^4", "the same after"),
    INTEGER("seeds", seeds, "random starts that showed it; 0 for branches"),
    WORDS(
        "change", change,
        "what changes: accuracy (directions of the outputs, classes, or E by a jump of 5 % of its "
        "range), or hidden units that merge, split or die",
        spn_change_words),
    INTEGER("active_before", before.active_modes,
            "independent directions of the outputs before; -1: not known"),
    INTEGER("active_after", after.active_modes, "independent directions of the outputs after"),
    INTEGER("merged_before", before.merged_units, "merged hidden units before; -1: trivial"),
    INTEGER("merged_after", after.merged_units, "merged hidden units after; -1: trivial"),
    INTEGER("dead_before", before.dead_units, "dead hidden units before; -1: trivial"),
    INTEGER("dead_after", after.dead_units, "dead hidden units after; -1: trivial"),
    REAL("loss_before", before.loss, "error", "L before (T2)"),
    REAL("loss_after", after.loss, "error", "L after"),
    REAL("jump", jump, "weight^2", "change of |theta|^2"),
    REAL("jump_low", jump_low, "weight^2", "least change that the interval of beta allows"),
    REAL("jump_high", jump_high, "weight^2", "largest change that the interval of beta allows"),
    REAL("exponent", eigenvalue.value, "",
         "of the critical eigenvalue in the distance: 1/2 at a fold, 1 at a continuous transition"),
    REAL("exponent_stderr", eigenvalue.error, "", "its standard error"),
    REAL("exponent_low", eigenvalue.low, "error/weight^2", "smallest fitted distance"),
    REAL("exponent_high", eigenvalue.high, "error/weight^2", "largest fitted distance"),
    REAL("decades", eigenvalue.decades, "", "of distance that were fitted"),
    REAL("susceptibility_exponent", susceptibility.value, "",
         "of chi in the distance: -1/2 at a fold, where chi^-2 is linear in beta"),
    REAL("susceptibility_before", before.susceptibility, "weight^4/error",
         "chi before (T10), at the closest point"),
    REAL("susceptibility_after", after.susceptibility, "weight^4/error", "chi after"),
    REAL("eigenvalue_before", before.eigenvalue, "error/weight^2",
         "critical eigenvalue of L's Hessian before, at the closest point"),
    WORDS("evidence", evidence, "what the order rests on", evidences),
    REAL("accuracy_before", before.accuracy, "",
         "share of samples whose class is right before; null where there are no classes"),
    REAL("accuracy_after", after.accuracy, "", "the same after"),
};
TABLE(spn_transition);
#undef RECORD

#define RECORD spn_hysteresis
static const spn_column items_spn_hysteresis[] = {
    INTEGER("run", run, "number of the file, from 0"),
    INTEGER("active_below", below.active_modes, "active modes of the phase that ends upwards"),
    INTEGER("merged_below", below.merged_units, "its merged hidden units"),
    INTEGER("active_above", above.active_modes, "active modes of the phase that ends downwards"),
    INTEGER("merged_above", above.merged_units, "its merged hidden units"),
    REAL("beta_low", beta_low, "error/weight^2", "coexistence begins"),
    REAL("beta_high", beta_high, "error/weight^2", "coexistence ends"),
    INTEGER("is_open", is_open, "1: the phase above was not seen to end; the window is wider"),
    REAL("width", width, "error/weight^2", "beta_high - beta_low"),
    REAL("area", area, "error", "area of the loop of |theta|^2 over beta, integrated"),
    REAL("area_from_loss", area_from_loss, "error", "the same as a difference of L (T9)"),
    REAL("maxwell_beta", maxwell_beta, "error/weight^2", "where both have equal L"),
    WORDS("change", change, "what changes from one phase to the other", spn_change_words),
};
TABLE(spn_hysteresis);
#undef RECORD

#define RECORD spn_transition_group
static const spn_column items_spn_transition_group[] = {
    WORDS("kind", kind, "null: undecided", kinds),
    INTEGER("occurrence", occurrence, "of several of one seed, from small beta, from 0"),
    WORDS("change", change, "what changes", spn_change_words),
    INTEGER("active_before", before.active_modes, "active modes before"),
    INTEGER("active_after", after.active_modes, "active modes after"),
    INTEGER("merged_before", before.merged_units, "merged hidden units before"),
    INTEGER("merged_after", after.merged_units, "merged hidden units after"),
    INTEGER("runs", runs, "files that show it"),
    INTEGER("runs_of", runs_of, "files in all"),
    INTEGER("seeds", seeds, "random starts, over all files, that show it"),
    INTEGER("seeds_of", seeds_of, "random starts in all"),
    INTEGER("first", first, "how many of them say first order"),
    INTEGER("second", second, "how many of them say second order"),
    REAL("beta_mean", beta, "error/weight^2", "mean over them"),
    REAL("beta_deviation", beta_deviation, "error/weight^2", "standard deviation over them"),
    REAL("beta_min", beta_min, "error/weight^2", "smallest"),
    REAL("beta_max", beta_max, "error/weight^2", "largest"),
    REAL("norm_before", before.norm, "weight", "mean of |theta| before"),
    REAL("norm_after", after.norm, "weight", "mean of |theta| after"),
    REAL("error_before", before.error, "error", "mean of E before"),
    REAL("error_after", after.error, "error", "mean of E after"),
};
TABLE(spn_transition_group);
#undef RECORD

#define RECORD spn_stuck
static const spn_column items_spn_stuck[] = {
    INTEGER("run", run, "number of the file, from 0"),
    REAL("beta", beta, "error/weight^2", "where the starts were made"),
    INTEGER("starts", starts, "random starts"),
    INTEGER("stuck", stuck, "with fewer modes learned than the best of them"),
    REAL("fraction", fraction, "", "stuck / starts"),
    REAL("fraction_low", low, "", "lower end of Wilson's 95 % interval"),
    REAL("fraction_high", high, "", "upper end of Wilson's 95 % interval"),
    INTEGER("higher", higher, "with L above the lowest by more than a millionth"),
};
TABLE(spn_stuck);
#undef RECORD

#define BETA "error/weight^2"
#define RECORD spn_answer_phase
static const spn_column items_spn_answer_phase[] = {
    INTEGER("run", run, "number of the file, from 0"),
    INTEGER("phase", phase, "its number, from 0, in the order in which phases end when beta rises"),
    INTEGER("active_modes", low.active_modes,
            "independent directions of the outputs; -1: not known"),
    INTEGER("seeds", seeds, "random starts that saw it; 0 for branches"),
    REAL("beta_low", beta_low, BETA, "it was seen to be a minimum from here"),
    REAL("beta_high", beta_high, BETA, "to here"),
    INTEGER("ends_low", ends_low, "1: it ends there when beta falls; 0: the range did"),
    INTEGER("ends_high", ends_high, "1: it ends there when beta rises; 0: the range did"),
    REAL("best_low", best_low, BETA,
         "it has the smallest L of all phases seen from here, in the widest range; null: nowhere"),
    REAL("best_high", best_high, BETA, "to here"),
    INTEGER("best_ranges", best_ranges, "ranges in which it has the smallest L"),
    REAL("error_low", low.error, "error", "E (T1) at beta_low"),
    REAL("error_high", high.error, "error", "E at beta_high"),
    REAL("loss_low", low.loss, "error", "L (T2) at beta_low"),
    REAL("loss_high", high.loss, "error", "L at beta_high"),
    REAL("norm_low", low.norm, "weight", "|theta| at beta_low"),
    REAL("norm_high", high.norm, "weight", "|theta| at beta_high"),
    REAL("curvature_low", low.curvature, "error^2/weight^4",
         "scalar curvature of E's graph (T3) at beta_low"),
    REAL("curvature_high", high.curvature, "error^2/weight^4", "the same at beta_high"),
    REAL("accuracy_low", low.accuracy, "",
         "share of samples whose class is right at beta_low; null where there are no classes"),
    REAL("accuracy_high", high.accuracy, "", "the same at beta_high"),
};
TABLE(spn_answer_phase);
#undef RECORD

#define RECORD spn_answer_entry
#define PLACE(name, member, help)                                                                  \
    REAL(name, member.beta, BETA, help),                                                           \
        REAL(name "_low", member.beta_low, BETA, "lower end of it, over seeds and intervals"),     \
        REAL(name "_high", member.beta_high, BETA, "upper end of it"),                             \
        INTEGER(name "_seeds", member.seeds, "random starts that saw it; 0 for branches")
static const spn_column items_spn_answer_entry[] = {
    INTEGER("run", run, "number of the file, from 0"),
    INTEGER("entry", entry, "its number in the answer of the file, from 0"),
    WORDS("change", change, "what changes: what is computed, or hidden units", spn_change_words),
    INTEGER("below", below, "phase on the side of smaller beta; -1: not known"),
    INTEGER("above", above, "phase on the side of larger beta; -1: not known"),
    REAL("order", order, "", "1: |theta|^2 jumps; 2: its derivative does; null: undecided"),
    PLACE("spinodal_up", up, "the phase below ends when beta rises; null: not seen"),
    PLACE("maxwell", equal, "both phases have equal L; null: not seen"),
    PLACE("spinodal_down", down, "the phase above ends when beta falls; null: not seen"),
    PLACE("continuous", continuous, "of second order: where it is; null: not seen"),
    PLACE("undecided", undecided, "where something was seen whose order is not known; null: none"),
    REAL("jump", jump, "weight^2", "largest change of |theta|^2"),
    REAL("share", share, "", "that change as a share of the larger |theta|^2; 0: no jump"),
    WORDS("read_at", read,
          "place at which E, |theta| and R are read: that of the largest jump; null: undecided",
          kinds),
    REAL("beta_below", beta_before, BETA, "where those of the phase below are read"),
    REAL("beta_above", beta_after, BETA, "where those of the phase above are read"),
    REAL("norm_below", before.norm, "weight", "|theta| there of the phase below"),
    REAL("norm_above", after.norm, "weight", "|theta| there of the phase above"),
    REAL("error_below", before.error, "error", "E there of the phase below"),
    REAL("error_above", after.error, "error", "E there of the phase above"),
    REAL("curvature_below", before.curvature, "error^2/weight^4",
         "scalar curvature of E's graph there of the phase below"),
    REAL("curvature_above", after.curvature, "error^2/weight^4", "the same of the phase above"),
    INTEGER("merged_below", before.merged_units, "merged hidden units below; -1: trivial"),
    INTEGER("merged_above", after.merged_units, "merged hidden units above; -1: trivial"),
    INTEGER("seeds", seeds, "random starts that saw any of it; 0 for branches"),
    WORDS("evidence", evidence, "what the order rests on", evidences),
};
TABLE(spn_answer_entry);
#undef PLACE
#undef RECORD

#define RECORD spn_claim_row
#define POINT(name, of)                                                                            \
    REAL("beta_" #name, name.beta, BETA, "change point of " of "; null: none"),                    \
        REAL("beta_" #name "_low", name.low, BETA, "lower end of its 95 % interval"),              \
        REAL("beta_" #name "_high", name.high, BETA, "upper end of it")
static const spn_column items_spn_claim_row[] = {
    INTEGER("run", run, "number of the file, from 0"),
    REAL("beta", beta, BETA, "the located transition; null: none lies here"),
    WORDS("change", change, "what it changes", spn_change_words),
    REAL("order", order, "", "its order; null: undecided, or no transition"),
    POINT(error, "E"),
    POINT(curvature, "R, as arsinh(R / its median size)"),
    POINT(norm, "|theta|^2"),
    REAL("spread", spread, BETA, "largest less smallest beta of the change points"),
    REAL("distance", distance, BETA, "of the change point of R from the transition"),
    REAL("distance_steps", distance_steps, "", "the same in steps of the grid"),
    INTEGER("agrees", agrees, "1: R changes at the transition, within its interval and a step"),
};
const spn_columns spn_claim_columns = {items_spn_claim_row,
                                       sizeof items_spn_claim_row / sizeof *items_spn_claim_row,
                                       sizeof(spn_claim_row)};
#undef POINT
#undef RECORD

#define RECORD spn_change_point
static const spn_column items_spn_change_point[] = {
    REAL("beta", beta, "error/weight^2", "where it is"),
    REAL("beta_low", beta_low, "error/weight^2", "lower end of its interval"),
    REAL("beta_high", beta_high, "error/weight^2", "upper end of its interval"),
    REAL("order", order, "", "1: the value jumps; 2: a kink"),
    REAL("p_value", p_value, "", "chance of a smooth curve looking like this"),
    REAL("jump_p_value", jump_p_value, "", "chance of a kink looking like this jump"),
    REAL("value_jump", value_jump, "", "value on the right minus value on the left"),
    REAL("slope_jump", slope_jump, "", "slope on the right minus slope on the left"),
    REAL("noise", noise, "", "standard deviation of the noise"),
    INTEGER("points", points, "samples in the window of the tests"),
};
TABLE(spn_change_point);
