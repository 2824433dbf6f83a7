/* SPDX-License-Identifier: MIT */
/** @file kind.h  Room `kind`: what results files of each kind hold, and what can be said of it.
 *
 *  A file of results is read by store.h into tables as they stand in it. The contents below are the same as this
 *  program's records, checked: rows that refer to rows of other tables refer to rows that are there. Everything that
 *  looks into results (figures, summaries, indexes, other runs) does so through them. Failures are SPN_ERROR_INPUT,
 *  one line without the file's name, which the caller knows (spn_error_prefix()). */
#ifndef SPINODAL_KIND_H
#define SPINODAL_KIND_H

#include <spinodal/continuation.h>
#include <spinodal/geometry/spectra.h>
#include <spinodal/slice.h>
#include <spinodal/store.h>
#include <spinodal/sweep.h>
#include <spinodal/text.h>
#include <spinodal/theory.h>
#include <spinodal/trajectory.h>
#include <spinodal/transition/answer.h>
#include <spinodal/transition/claim.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_kind spn_kind; /* below */

/* ---- Contents ---------------------------------------------------------------------------------- */

/** Fill tables: records of the program's own columns, in the arena. A table that is `is_optional` and missing has no
 *  rows and no records. */
typedef struct spn_wanted_table {
    spn_table *table;
    const char *name;
    const spn_columns *columns;
    bool is_optional;
} spn_wanted_table;
spn_status spn_take_tables(spn_context *context, spn_arena *arena, const spn_results *results,
                           int64_t count, const spn_wanted_table *wanted);
/** The texts `name` of a table, one a row; SPN_ERROR_INPUT where there are not so many. */
spn_status spn_take_texts(spn_context *context, const spn_results *results, const spn_table *table,
                          const char *name, const char *const **out);

/** Where an array of the network stands in theta: a row of the table "layout", whose texts "name" are those of weights
 *  files. 8-byte fields only. */
typedef struct spn_layout_record {
    int64_t layer, is_bias, offset, rows, columns;
} spn_layout_record;
extern const spn_columns spn_layout_columns;

/** What the strengths of a run mean elsewhere. */
typedef struct spn_run_facts {
    int64_t error;      /**< spn_error_kind; -1: the results do not say */
    int64_t regularise; /**< spn_regularise_kind */
    int64_t outputs;    /**< K; 0: not known */
} spn_run_facts;
spn_run_facts spn_run_facts_of(const spn_results *results);
/** The loss of PyTorch that these results minimise but for a factor, "nn.MSELoss()"; NULL: not known. */
const char *spn_run_loss(const spn_run_facts *facts);
/** The weight_decay of PyTorch's SGD or Adam (not AdamW) that has the same minima with that loss: 2 beta; 2 beta / K
 *  where E is summed over the K outputs, of which nn.MSELoss() takes the mean. */
double spn_weight_decay(const spn_run_facts *facts, double beta);

/* Readers fill the contents of their kind, which `out` points to. */

/** Kind "sweep". Tables that a file lacks have no rows. */
typedef struct spn_sweep_contents {
    spn_table points;          /**< spn_sweep_record */
    spn_table jumps, approach; /**< spn_sweep_jump, spn_sweep_approach */
    spn_table theory;          /**< spn_theory_mode: a row a mode of linear theory */
    const spn_array *modes;    /**< strengths, a row a point; NULL: none */
    bool is_refined;           /**< jumps were looked for */
    bool has_rate;   /**< points of a finite rate, or trained: not meant to be stationary */
    bool is_trained; /**< by mini-batches (spn_sweep_is_trained()) */
    bool
        is_paced; /**< chains chose their own steps (beta.tolerance): no change points are looked for, which want a grid */
    bool is_quench; /**< some chain starts afresh at each beta */
    spn_run_facts facts;
} spn_sweep_contents;
spn_status spn_sweep_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *out);

/** Kind "branches". */
typedef struct spn_branches_contents {
    spn_table points;           /**< spn_branch_record, as the file has them */
    spn_table specials;         /**< spn_special_record */
    spn_table approach;         /**< spn_branch_approach; older files lack it */
    spn_table phases;           /**< spn_phase_record */
    spn_table maxwell;          /**< spn_maxwell_record */
    spn_table global, barriers; /**< spn_global_record, spn_barrier_record; older files lack them */
    spn_table theory;           /**< spn_theory_mode: a row a mode of linear theory */
    const char *const *names;   /**< of the phases */
    int64_t unused_starts;      /**< that were not followed */
    bool is_by_products;        /**< one branch, what crosses it not followed */
    spn_run_facts facts;
} spn_branches_contents;
spn_status spn_branches_contents_read(spn_context *context, spn_arena *arena,
                                      const spn_results *results, void *out);

/** Kind "grok": watched training. */
typedef struct spn_grok_contents {
    spn_table starts;              /**< as in the file: spn_start_columns */
    spn_table runs;                /**< spn_run_record, numbered as they stand */
    spn_table points;              /**< spn_trajectory_record, by run */
    spn_table crossings, plateaus; /**< spn_crossing_record, spn_plateau_record */
    const char *const *names;      /**< of the starts */
    const char *const *phases;     /**< in which the runs end */
    const spn_array *modes;        /**< strengths, a row a point; NULL: none */
    bool is_descent;               /**< plain gradient descent, which has a bound of stability */
    spn_run_facts facts;
} spn_grok_contents;
spn_status spn_grok_contents_read(spn_context *context, spn_arena *arena,
                                  const spn_results *results, void *out);

/** Kind "slice". */
typedef struct spn_slice_contents {
    spn_table slices;         /**< spn_slice_record, numbered as they stand */
    spn_table points;         /**< spn_slice_point: the grids one after the other, row by row */
    spn_table anchors;        /**< spn_slice_anchor */
    spn_table levels;         /**< spn_slice_level */
    spn_table potential;      /**< spn_norm_record; of Figure 1 only */
    const char *const *names; /**< of the anchors */
} spn_slice_contents;
spn_status spn_slice_contents_read(spn_context *context, spn_arena *arena,
                                   const spn_results *results, void *out);

/** Kind "spectrum". */
typedef struct spn_spectrum_contents {
    spn_table points;      /**< spn_spectra_point: one */
    spn_table spectra;     /**< spn_spectra_summary */
    spn_table eigenvalues; /**< spn_spectra_eigenvalue */
    spn_table nodes;       /**< spn_spectra_node: table "density" */
} spn_spectrum_contents;
spn_status spn_spectrum_contents_read(spn_context *context, spn_arena *arena,
                                      const spn_results *results, void *out);
/** "Hessian of E", "Gauss-Newton part", "Hessian of L". */
const char *spn_spectra_part_text(int64_t part);

/* ---- What can be said of them ------------------------------------------------------------------ */

/** Which transitions are shown, and how they are sorted. */
typedef enum spn_shown_kind {
    SPN_SHOWN_ALL,
    SPN_SHOWN_ACCURACY,
    SPN_SHOWN_SYMMETRY
} spn_shown_kind;
typedef enum spn_shown_order {
    SPN_ORDER_ANSWER, /**< of accuracy by beta, the others by the size of their jump */
    SPN_ORDER_BETA,
    SPN_ORDER_JUMP,
} spn_shown_order;
/** Their words, in this order, behind the last one NULL. */
extern const char *const spn_shown_kind_words[];
extern const char *const spn_shown_order_words[];
typedef struct spn_shown {
    int64_t kind; /**< spn_shown_kind; what is not of accuracy counts as of symmetry */
    double
        min_jump; /**< least share of |theta|^2 by which it jumps; 0: those that do not jump as well */
    int64_t order; /**< spn_shown_order */
} spn_shown;

/** What is asked for. Zeros: the usual. */
typedef struct spn_wish {
    bool is_verbose; /**< what that adds stands in the page of each command */
    spn_shown shown;
} spn_wish;

/** For people: the answer first, then what the chains went through, and what is left open; at `path`. The arguments are
 *  the contents of the kind. */
void spn_sweep_summary(spn_text *text, const char *path, const void *contents,
                       const spn_wish *wish);
void spn_branches_summary(spn_text *text, const char *path, const void *contents,
                          const spn_wish *wish);
void spn_grok_summary(spn_text *text, const char *path, const void *contents, const spn_wish *wish);
void spn_slice_words(spn_text *text, const void *contents);
void spn_spectrum_words(spn_text *text, const void *contents);
void spn_slice_summary(spn_text *text, const char *path, const void *contents,
                       const spn_wish *wish);
void spn_spectrum_summary(spn_text *text, const char *path, const void *contents,
                          const spn_wish *wish);

/** What did not go well, a line each and what may help; nothing where all went well. */
void spn_sweep_troubles(spn_text *text, const void *contents);
void spn_branches_troubles(spn_text *text, const void *contents);
void spn_grok_troubles(spn_text *text, const void *contents);
void spn_spectrum_troubles(spn_text *text, const void *contents);

/** The same for programs: one object, all digits. */
void spn_sweep_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish);
void spn_branches_json(spn_json *json, const char *path, const void *contents,
                       const spn_wish *wish);
void spn_grok_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish);
void spn_slice_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish);
void spn_spectrum_json(spn_json *json, const char *path, const void *contents,
                       const spn_wish *wish);

/** Rows of a table as a list of objects; `texts` (may be NULL), one a row, first, under `label`. */
void spn_json_rows(spn_json *json, const char *key, const spn_table *table, const char *label,
                   const char *const *texts);

/* ---- The answer (transition/answer.h) in words --------------------------------------------------- */

/** How many phases, where one jumps, of which order, how sure, and what that means for a choice of beta: a sentence or
 *  two a line, for people who know networks and no physics. Of the transitions those that are shown; phases are all there. */
void spn_answer_put(spn_text *text, const spn_answer *answer, const spn_run_facts *facts,
                    const spn_shown *shown);
/** The phases as a table, of Markdown for a page, and what its words mean. */
void spn_answer_phases_put(spn_text *text, const spn_answer *answer, bool is_page);
/** The transitions: those of accuracy, then those of symmetry, as far as they are shown, and how many are not. */
void spn_answer_entries_put(spn_text *text, const spn_answer *answer, const spn_shown *shown,
                            bool is_page);
/** Is the curvature's change point the transition? A verdict in words, and the change points as a table. Nothing where
 *  it was not checked. */
void spn_claim_put(spn_text *text, const spn_claim *claim, const spn_shown *shown, bool is_page);
/** All of it under the key "answer": sentences, phases, entries (the transitions, each once); and under "claim" (NULL, or not checked: null). */
void spn_answer_json(spn_json *json, const spn_answer *answer, const spn_run_facts *facts,
                     const spn_claim *claim, const spn_shown *shown);
/** Is a transition shown? `share`: of |theta|^2 that its jump changes, 0 of second order. */
bool spn_is_shown(const spn_shown *shown, int64_t change, double share);
/** Is what is shown an answer? As spn_transitions_decided(), but undecided rows count where they are shown. */
bool spn_shown_decided(const spn_transitions *transitions, const spn_shown *shown);

/* ---- Verdicts ---------------------------------------------------------------------------------- */

/** Do results pass the check of the run that makes them? From their tables and attributes alone: the same verdict on
 *  results in memory, before they are written, and on a file. Tables or columns that are missing do not pass. */
bool spn_sweep_passes(const spn_results *results);    /**< points stationary, jumps resolved */
bool spn_branches_passes(const spn_results *results); /**< all starts used, all phases followed */
bool spn_grok_passes(const spn_results *results);     /**< every run ends at a stationary minimum */
bool spn_slice_passes(const spn_results *results);    /**< spn_slice_agrees() in every row */

bool spn_spectrum_passes(const spn_results *results); /**< all eigenpairs converged */

/** Are E and L at the point of this row of the table "anchors" what was stored, to 1e-12 of the largest of all that were
 *  stored? */
bool spn_slice_agrees(const spn_table *anchors, int64_t row);

/** Is there such a table with such a column of integers, each as wanted? */
bool spn_rows_are(const spn_results *results, const char *table, const char *column,
                  bool (*is_wanted)(int64_t value));
/** Columns of a table by name; false where the table (NULL) or one of them is not there. */
bool spn_find_columns(const spn_table *table, int64_t count, const char *const *names,
                      int64_t *columns);

/* ---- Transitions ------------------------------------------------------------------------------- */

/** Find the transitions of results, as the next run. */
spn_status spn_sweep_transitions(spn_context *context, spn_arena *arena, const spn_results *results,
                                 spn_transitions *transitions);
spn_status spn_branches_transitions(spn_context *context, spn_arena *arena,
                                    const spn_results *results, spn_transitions *transitions);
spn_status spn_sweep_claim(spn_context *context, spn_arena *arena, const spn_results *results,
                           const spn_transitions *transitions, int64_t run, spn_claim *claim);
/** The same as their kind does it; and widen the range *from .. *to by their points. SPN_ERROR_INPUT for kinds without
 *  transitions and for NULL. */
spn_status spn_add_transitions(spn_context *context, const spn_kind *kind,
                               const spn_results *results, spn_transitions *transitions,
                               double *from, double *to);
/** Check the claim on results of a sweep, run `run` of the transitions; of other kinds it is not checked. The caller
 *  releases claim->rows. */
spn_status spn_results_claim(spn_context *context, const spn_kind *kind, const spn_results *results,
                             const spn_transitions *transitions, int64_t run, spn_claim *claim);
/** One file of those whose transitions are told. */
typedef struct spn_told_file {
    const char *path, *norm; /**< how its sqrt(n) is written, as spn_text_norm() says */
    spn_run_facts facts;
    spn_claim claim;
} spn_told_file;

/** The answer of each file, one a run; then the table of transitions with all that belongs to it: evidence, groups,
 *  crossings, hysteresis, stuck starts, and the verdict over the range. `groups`: of spn_transitions_group(). */
void spn_transitions_summary(spn_text *text, spn_transitions *transitions,
                             const spn_told_file *files, int64_t group_count,
                             const spn_transition_group *groups, double beta_from, double beta_to,
                             const spn_shown *shown);
void spn_transitions_json(spn_json *json, spn_transitions *transitions, const spn_told_file *files,
                          int64_t group_count, const spn_transition_group *groups,
                          const spn_shown *shown);

/** The same rows as tables of a Markdown page. */
void spn_transitions_page(spn_text *page, int64_t count, const spn_transition *rows);
void spn_hysteresis_page(spn_text *page, int64_t count, const spn_hysteresis *rows);
/** "spinodal up", "1st": as in the table. */
const char *spn_transition_kind_text(int64_t kind);
const char *spn_transition_order_text(double order);

/* ---- Kinds ------------------------------------------------------------------------------------- */

/** A table of a kind, for documentation. */
typedef struct spn_kind_table {
    const char *title; /**< "Points of a sweep (table `points`)" */
    const spn_columns *columns;
} spn_kind_table;

/** How a page (room `page`) draws a table of a kind: curves over x, one for each set of rows with equal keys, in the order of
 *  the rows. Lists end with NULL. */
typedef struct spn_curves {
    const char *table, *x;
    const char *const *keys;       /**< integer columns that tell curves apart */
    const char *const *quantities; /**< columns, a chart each, in this order */
    const char *const *arrays; /**< arrays with a row for each row: a chart each, a line a column */
    const char *color; /**< integer column: a colour for each value; NULL: one for each curve */
    const char *dash;  /**< integer column: 0 solid, 1 dashed, others dotted; NULL: all solid */
    const char *
        breaks; /**< integer column: not 0 where the row does not go on from the one before; NULL: all do */
    const char *
        jumps; /**< table of located jumps: the keys, `point` (of the curve, from 0) of the row behind each, x,
                             `survives`, and for each quantity NAME_before and NAME_after; NULL: none */
    bool is_log; /**< x is shown on a logarithmic axis at first */
} spn_curves;

struct spn_plot_settings;

/** A kind of results: its name, what is in it, and all that is done with it. Whatever treats kinds differently asks
 *  its row; the rows are listed by spn_kinds[] of gallery.h. */
struct spn_kind {
    const char *name; /**< attribute `kind` of a file: "sweep" */
    int64_t table_count;
    const spn_kind_table *tables; /**< SPN_KIND_TABLES() says both */

    size_t contents_size; /**< of what `read` fills; 0: there is no reader */
    spn_status (*read)(spn_context *context, spn_arena *arena, const spn_results *results,
                       void *contents);
    /** Absent ones say nothing. `words`: what the results show, a sentence or two a line, where a page begins with it; kinds with
     *  transitions have spn_answer instead. */
    void (*words)(spn_text *text, const void *contents);
    void (*summarise)(spn_text *text, const char *path, const void *contents, const spn_wish *wish);
    void (*troubles)(spn_text *text, const void *contents);
    void (*write_json)(spn_json *json, const char *path, const void *contents,
                       const spn_wish *wish);

    /** Of transitions in beta; NULL: it has none. */
    spn_status (*add_transitions)(spn_context *context, spn_arena *arena,
                                  const spn_results *results, spn_transitions *transitions);
    /** NULL: the claim is not checked. */
    spn_status (*check_claim)(spn_context *context, spn_arena *arena, const spn_results *results,
                              const spn_transitions *transitions, int64_t run, spn_claim *claim);

    bool (*passes)(const spn_results *results); /**< the check of its runs; NULL: there is none */
    const char *fault; /**< what does not hold where they do not pass, as part of a sentence */

    const spn_curves *curves; /**< what a page draws; NULL: its tables alone */

    /** Draws the figures of results; room `plot`. */
    spn_status (*plot)(spn_context *context, const spn_results *results, const char *directory,
                       const struct spn_plot_settings *settings);
    bool draws_columns;  /**< its figure takes columns of the table of points as panels */
    bool draws_overlays; /**< and several results over each other */
    bool draws_seeds;    /**< and random starts as settings say */
    bool draws_theory;   /**< and lines of linear theory, which settings hide */
};

/** In the row of a kind: its tables, an array. */
#define SPN_KIND_TABLES(its_tables)                                                                \
    .table_count = sizeof(its_tables) / sizeof *(its_tables), .tables = (its_tables)

/** What keeps results of this kind from passing its check (static); NULL where they pass, where there is no check, and
 *  where the kind is not known (NULL). */
const char *spn_kind_fault(const spn_kind *kind, const spn_results *results);

/** What a kind says of results: into `words`, `summary` and `troubles` for people, or into `json` for programs; those that are
 *  NULL are not asked for. SPN_ERROR_INPUT, with `path` in front, where the results are not what the kind holds. */
typedef struct spn_report {
    spn_text *words, *summary, *troubles;
    spn_json *json;
    spn_wish wish;
} spn_report;
spn_status spn_kind_report(spn_context *context, const spn_kind *kind, const spn_results *results,
                           const char *path, const spn_report *report);

#ifdef __cplusplus
}
#endif

#endif
