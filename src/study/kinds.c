/* SPDX-License-Identifier: MIT */
/* Rows of the registry of kinds (gallery.h): those that are made here. */
#include <spinodal/plot.h>
#include <spinodal/study.h>

static const spn_kind_table sweep_tables[] = {
    {"Points of a sweep (table `points`)", &spn_sweep_columns},
    {"Transitions of a sweep (table `jumps`)", &spn_sweep_jump_columns},
    {"The ways to them (table `approach`)", &spn_sweep_approach_columns},
};
static const char *const sweep_quantities[] = {"error",
                                               "accuracy",
                                               "weight_norm",
                                               "test_error",
                                               "test_accuracy",
                                               "scalar_curvature_error",
                                               "eigenvalue_min_loss",
                                               "susceptibility",
                                               "loss",
                                               "scalar_curvature_loss",
                                               NULL};
static const char *const sweep_keys[] = {"seed", "direction", "phase", "leg", NULL};
static const char *const mode_arrays[] = {"modes", NULL};
static const spn_curves sweep_curves = {.table = "points",
                                        .x = "beta",
                                        .keys = sweep_keys,
                                        .quantities = sweep_quantities,
                                        .arrays = mode_arrays,
                                        .color = "active_modes",
                                        .dash = "direction",
                                        .breaks = "jump",
                                        .jumps = "jumps"};
const spn_kind spn_sweep_kind = {
    .name = "sweep",
    SPN_KIND_TABLES(sweep_tables),
    .contents_size = sizeof(spn_sweep_contents),
    .read = spn_sweep_contents_read,
    .summarise = spn_sweep_summary,
    .troubles = spn_sweep_troubles,
    .write_json = spn_sweep_json,
    .add_transitions = spn_sweep_transitions,
    .check_claim = spn_sweep_claim,
    .passes = spn_sweep_passes,
    .fault = "points did not pass the stationarity gate (column `stationary` is 0), "
             "or a jump was not resolved (`resolved` or `settled` is 0)",
    .curves = &sweep_curves,
    .plot = spn_plot_figure2,
    .draws_columns = true,
    .draws_overlays = true,
    .draws_seeds = true,
    .draws_theory = true,
};

static const spn_kind_table branches_tables[] = {
    {"Points of branches (table `points`)", &spn_branch_columns},
    {"Folds and branch points (table `specials`)", &spn_special_columns},
    {"Approach of a special point (table `approach`)", &spn_branch_approach_columns},
    {"Phases (table `phases`, with the texts `name`)", &spn_phase_columns},
    {"Maxwell points (table `maxwell`)", &spn_maxwell_columns},
    {"Globally stable phases (table `global`)", &spn_global_columns},
    {"Barriers (table `barriers`)", &spn_barrier_columns},
};
static const char *const branches_quantities[] = {"error",
                                                  "accuracy",
                                                  "weight_norm",
                                                  "test_error",
                                                  "test_accuracy",
                                                  "scalar_curvature_error",
                                                  "eigenvalue_min",
                                                  "susceptibility",
                                                  "loss",
                                                  "scalar_curvature_loss",
                                                  NULL};
static const char *const branches_keys[] = {"branch", NULL};
static const spn_curves branches_curves = {.table = "points",
                                           .x = "beta",
                                           .keys = branches_keys,
                                           .quantities = branches_quantities,
                                           .arrays = mode_arrays,
                                           .color = "active_modes",
                                           .dash = "negative_eigenvalues"};
const spn_kind spn_branches_kind = {
    .name = "branches",
    SPN_KIND_TABLES(branches_tables),
    .contents_size = sizeof(spn_branches_contents),
    .read = spn_branches_contents_read,
    .summarise = spn_branches_summary,
    .troubles = spn_branches_troubles,
    .write_json = spn_branches_json,
    .add_transitions = spn_branches_transitions,
    .passes = spn_branches_passes,
    .fault = "a phase was not followed to its end",
    .curves = &branches_curves,
    .plot = spn_plot_branches,
    .draws_columns = true,
    .draws_theory = true,
};

static const spn_kind_table slice_tables[] = {
    {"Slices (table `slices`)", &spn_slice_columns},
    {"Points of slices (table `points`)", &spn_slice_point_columns},
    {"Points that slices go through (table `anchors`, with the texts `name`)",
     &spn_slice_anchor_columns},
    {"Betas of slices (table `levels`)", &spn_slice_level_columns},
    {"Norm-constrained curve (table `potential`)", &spn_norm_columns},
};
const spn_kind spn_slice_kind = {
    .name = "slice",
    SPN_KIND_TABLES(slice_tables),
    .contents_size = sizeof(spn_slice_contents),
    .read = spn_slice_contents_read,
    .words = spn_slice_words,
    .summarise = spn_slice_summary,
    .write_json = spn_slice_json,
    .passes = spn_slice_passes,
    .fault = "E or L at a point that a slice goes through is not what was stored",
    .plot = spn_plot_slice,
};

static const spn_kind_table spectrum_tables[] = {
    {"The point of spectra (table `points` of spectrum)", &spn_spectra_point_columns},
    {"Spectra as wholes (table `spectra`)", &spn_spectra_summary_columns},
    {"Eigenvalues at the ends (table `eigenvalues`)", &spn_spectra_eigenvalue_columns},
    {"Densities of eigenvalues (table `density`)", &spn_spectra_node_columns},
};
const spn_kind spn_spectrum_kind = {
    .name = "spectrum",
    SPN_KIND_TABLES(spectrum_tables),
    .contents_size = sizeof(spn_spectrum_contents),
    .read = spn_spectrum_contents_read,
    .words = spn_spectrum_words,
    .summarise = spn_spectrum_summary,
    .troubles = spn_spectrum_troubles,
    .write_json = spn_spectrum_json,
    .passes = spn_spectrum_passes,
    .fault = "eigenpairs did not converge within `geometry.products`",
    .plot = spn_plot_spectrum,
};

static const spn_kind_table grok_tables[] = {
    {"Starts of training (table `starts`, with the texts `name`)", &spn_start_columns},
    {"Runs of training (table `runs`, with the texts `phase`)", &spn_run_columns},
    {"Recorded epochs (table `points` of grok)", &spn_trajectory_columns},
    {"Levels of E (table `crossings`)", &spn_crossing_columns},
    {"Plateaus (table `plateaus`)", &spn_plateau_columns},
};
static const char *const grok_quantities[] = {"error",
                                              "test_error",
                                              "accuracy",
                                              "test_accuracy",
                                              "weight_norm",
                                              "loss",
                                              "scalar_curvature_error",
                                              "eigenvalue_min_loss",
                                              "eigenvalue_max_loss",
                                              "gradient_norm",
                                              NULL};
static const char *const grok_keys[] = {"run", NULL};
static const spn_curves grok_curves = {.table = "points",
                                       .x = "epoch",
                                       .keys = grok_keys,
                                       .quantities = grok_quantities,
                                       .arrays = mode_arrays,
                                       .is_log = true};
const spn_kind spn_grok_kind = {
    .name = "grok",
    SPN_KIND_TABLES(grok_tables),
    .contents_size = sizeof(spn_grok_contents),
    .read = spn_grok_contents_read,
    .summarise = spn_grok_summary,
    .troubles = spn_grok_troubles,
    .write_json = spn_grok_json,
    .passes = spn_grok_passes,
    .fault = "a run diverged or does not end at a minimum",
    .curves = &grok_curves,
    .plot = spn_plot_grok,
    .draws_columns = true,
};
