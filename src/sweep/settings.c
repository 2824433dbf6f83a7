/* SPDX-License-Identifier: MIT */
/* Section `sweep` of an experiment. */
#include <math.h>
#include <spinodal/sweep.h>

static const char *const spacings[] = {"linear", "log", NULL};
static const char *const protocols[] = {"up", "down", "both", "quench", "legs", NULL};
static const char *const starts[] = {"phases", "initial", NULL};

#define AT(member) offsetof(spn_sweep_settings, member)
static const spn_option options[] = {
    {"beta", SPN_OPTION_REALS, AT(beta), NULL, SPN_STRENGTH, NULL, "error/weight^2",
     "listed values of beta, ascending; instead of from, to, points and spacing"},
    {"beta.from", SPN_OPTION_REAL, AT(beta_from), "0.001", SPN_STRENGTH, NULL, "error/weight^2",
     "smallest beta"},
    {"beta.to", SPN_OPTION_REAL, AT(beta_to), "0.5", SPN_STRENGTH, NULL, "error/weight^2",
     "largest beta"},
    {"beta.points", SPN_OPTION_INTEGER, AT(beta_points), "200", SPN_COUNT, NULL, "",
     "number of values, both ends included"},
    {"beta.spacing", SPN_OPTION_CHOICE, AT(beta_spacing), "linear", SPN_ANY, spacings, "",
     "how the values are spaced"},
    {"beta.tolerance", SPN_OPTION_REAL, AT(beta_tolerance), NULL, SPN_SHARE, NULL, "",
     "instead of points: chains up and down choose their own steps, so that E and |theta| on "
     "straight lines between points are right to this share of their range; 0.0001 to below 1, or "
     "0: "
     "as if unset"},
    {"beta.largest", SPN_OPTION_REAL, AT(beta_largest), NULL, SPN_SHARE, NULL, "",
     "with tolerance: the largest step, a share of the way from beta.from to beta.to, rounded down "
     "to a power of 1/2; 0.001 to below 1, unset: 1/16"},
    {"direction", SPN_OPTION_CHOICE, AT(direction), "both", SPN_ANY, protocols, "",
     "the protocol: up, down, up and then down, a fresh start at each beta, or from turning point "
     "to "
     "turning point"},
    {"legs", SPN_OPTION_REALS, AT(legs), NULL, SPN_STRENGTH, NULL, "error/weight^2",
     "direction legs: turning points; from beta.from to the first, from there to the second, ..., "
     "in "
     "steps as from beta.from to beta.to"},
    {"start", SPN_OPTION_CHOICE, AT(start), "phases", SPN_ANY, starts, "",
     "where down-sweeps start: the last point of each phase an up-sweep visits, or the initial "
     "weights at the largest beta"},
    {"seeds", SPN_OPTION_INTEGER, AT(seeds), "1", SPN_COUNT, NULL, "",
     "number of random starts, each a chain of its own"},
    {"epochs", SPN_OPTION_INTEGER, AT(epochs), "0", SPN_NONNEGATIVE, NULL, "",
     "finite rate: steps of gradient descent at solver.learning_rate spent at each beta behind the "
     "first, or epochs of solver.method where that goes by mini-batches; 0: quasi-static, a solve "
     "at each"},
    {"parameters", SPN_OPTION_BOOLEAN, AT(parameters), "true", SPN_ANY, NULL, "",
     "keep the weights at each point in the results"},
    {"refine", SPN_OPTION_BOOLEAN, AT(refine), "true", SPN_ANY, NULL, "",
     "bisect the jumps of chains up and down and record the way to them"},
    {"refine_tolerance", SPN_OPTION_REAL, AT(refine_tolerance), "1e-6", SPN_POSITIVE, NULL, "",
     "a refined jump lies within this share of its beta; 1e-10 to 0.01"},
    {"refine_least", SPN_OPTION_REAL, AT(refine_least), NULL, SPN_NONNEGATIVE, NULL, "",
     "jumps that change |theta|^2 by no more than this share are not bisected; unset: all are, and "
     "smooth transitions too"},
};
#undef AT

const spn_option_table spn_sweep_options = {"sweep", "how the network is followed through beta",
                                            options, sizeof options / sizeof *options,
                                            sizeof(spn_sweep_settings)};

static double grid_value(const spn_sweep_settings *settings, int64_t index)
{
    double from = settings->beta_from, to = settings->beta_to;
    if (settings->beta.count > 0) {
        return settings->beta.items[index];
    }
    if (index == 0) {
        return from;
    }
    if (index == settings->beta_points - 1) {
        return to;
    }
    double share = (double)index / (double)(settings->beta_points - 1);
    return settings->beta_spacing == SPN_SPACING_LOG ? from * pow(to / from, share)
                                                     : from + share * (to - from);
}

/* What the grid and the path depend on. */
static const char *const grid_keys[] = {"beta",         "beta.from",    "beta.to",
                                        "beta.points",  "beta.spacing", "beta.tolerance",
                                        "beta.largest", "legs",         NULL};

/* What is said of steps that chains choose; 0 and NaN say nothing. */
static spn_status check_steps(spn_context *context, const spn_sweep_settings *settings)
{
    const struct {
        const char *key;
        double value, least;
    } shares[] = {{"sweep.beta.tolerance", settings->beta_tolerance, SPN_STEP_TOLERANCE_LEAST},
                  {"sweep.beta.largest", settings->beta_largest, SPN_STEP_LARGEST_LEAST}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (shares[i].value > 0 && shares[i].value < shares[i].least) {
            return spn_fail_key(context, SPN_ERROR_INPUT, shares[i].key,
                                "must be at least %g, is %g", shares[i].least, shares[i].value);
        }
    }
    if (settings->beta_tolerance > 0 && settings->beta.count > 0) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "sweep.beta.tolerance",
                            "steps are chosen between beta.from and beta.to, not between listed "
                            "values of beta");
    }
    const double way = settings->beta_to - settings->beta_from;
    if (settings->beta_tolerance > 0 && !(way >= SPN_STEP_WAY_LEAST * settings->beta_to)) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "sweep.beta.from",
                            "steps need a way: beta.from must be below beta.to by %g of it, is %g",
                            SPN_STEP_WAY_LEAST, settings->beta_from);
    }
    return SPN_OK;
}

spn_status spn_sweep_grid(spn_context *context, const spn_sweep_settings *settings, int64_t *count,
                          double **values)
{
    spn_status status = SPN_OK;
    double *grid = NULL;
    bool is_listed = settings->beta.count > 0;
    int64_t points = is_listed ? settings->beta.count : settings->beta_points;
    *values = NULL;
    SPN_TRY(spn_settings_check_keys(context, &spn_sweep_options, settings, grid_keys));
    SPN_TRY(check_steps(context, settings));
    if (points > SPN_GRID_MAX) {
        SPN_FAIL_KEY(
            context, SPN_ERROR_INPUT, is_listed ? "sweep.beta" : "sweep.beta.points",
            "%lld values of beta are too many: at most %d, each a point that is solved for; "
            "transitions between them are refined",
            (long long)points, SPN_GRID_MAX);
    }
    if (!is_listed && settings->beta_spacing == SPN_SPACING_LOG && !(settings->beta_from > 0)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "sweep.beta.from",
                     "logarithmic spacing needs a smallest beta > 0");
    }
    if (!is_listed && points == 1 && settings->beta_from != settings->beta_to) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "sweep.beta.from",
                     "one point cannot hold both from and to; give at least 2");
    }
    SPN_NEW(context, grid, points);
    for (int64_t i = 0; i < points; i++) {
        grid[i] = grid_value(settings, i);
        if (i > 0 && !(grid[i] > grid[i - 1])) {
            SPN_TRY(is_listed
                        ? spn_fail_key(context, SPN_ERROR_INPUT, "sweep.beta",
                                       "values of beta must be finite and ascending, but value "
                                       "%lld is %g",
                                       (long long)i + 1, grid[i])
                        : spn_fail_key(context, SPN_ERROR_INPUT, "sweep.beta.from",
                                       "beta.from (%g) must be below beta.to (%g), and both finite",
                                       settings->beta_from, settings->beta_to));
        }
    }
    *count = points;
    *values = grid;
    grid = NULL;
done:
    spn_release(context, grid);
    return status;
}

/* Steps from `from` to another value `to`; rounding makes no step of its own, the last one goes to `to`
 * itself. More than a path may have count as SPN_GRID_MAX + 1. */
static int64_t count_steps(const spn_sweep_settings *settings, double from, double to)
{
    bool is_log = settings->beta_spacing == SPN_SPACING_LOG;
    double range = is_log ? log(settings->beta_to / settings->beta_from)
                          : settings->beta_to - settings->beta_from;
    double way = is_log ? log(to / from) : to - from;
    double steps = ceil(fabs(way) / range * (double)(settings->beta_points - 1) - 1e-9);
    if (!(steps <= SPN_GRID_MAX)) {
        return SPN_GRID_MAX + 1;
    }
    return steps < 1 ? 1 : (int64_t)steps;
}

static double step_along(const spn_sweep_settings *settings, double from, double to, int64_t step)
{
    double share = (double)step / (double)(settings->beta_points - 1);
    if (step == count_steps(settings, from, to)) {
        return to;
    }
    if (settings->beta_spacing == SPN_SPACING_LOG) {
        double ratio = pow(settings->beta_to / settings->beta_from, share);
        return to > from ? from * ratio : from / ratio;
    }
    double way = share * (settings->beta_to - settings->beta_from);
    return to > from ? from + way : from - way;
}

static spn_status check_legs(spn_context *context, const spn_sweep_settings *settings,
                             int64_t *points)
{
    const spn_reals *legs = &settings->legs;
    const char *key = legs->count > 0 ? "sweep.legs" : "sweep.direction";
    *points = 1;
    if (settings->beta.count > 0 || settings->beta_points < 2) {
        return spn_fail_key(context, SPN_ERROR_INPUT, key,
                            "legs go in steps of a grid: give beta.from, beta.to and at least 2 "
                            "beta.points instead of a list");
    }
    if (legs->count < 1) {
        return spn_fail_key(context, SPN_ERROR_INPUT, key,
                            "direction legs needs turning points, for instance legs: [0.4, 0.1]");
    }
    for (int64_t i = 0; i < legs->count; i++) {
        double from = i == 0 ? settings->beta_from : legs->items[i - 1], to = legs->items[i];
        bool is_log = settings->beta_spacing == SPN_SPACING_LOG;
        if (to == from || (is_log && !(to > 0))) {
            return spn_fail_key(context, SPN_ERROR_INPUT, key,
                                "turning points must be finite%s and differ from the value before, "
                                "but leg %lld goes from %g to %g",
                                is_log ? ", positive" : "", (long long)i + 1, from, to);
        }
        *points += count_steps(settings, from, to);
        if (*points > SPN_GRID_MAX) {
            return spn_fail_key(
                context, SPN_ERROR_INPUT, key,
                "leg %lld from %g to %g makes a path of more than %d points: their "
                "distance is that of the grid from beta.from to beta.to; give fewer "
                "beta.points or a nearer turning point",
                (long long)i + 1, from, to, SPN_GRID_MAX);
        }
    }
    return SPN_OK;
}

spn_status spn_sweep_path(spn_context *context, const spn_sweep_settings *settings, int64_t *count,
                          double **values, int64_t **legs)
{
    spn_status status = SPN_OK;
    double *path = NULL;
    int64_t *numbers = NULL, points = 0, at = 1;
    *values = NULL;
    *legs = NULL;
    SPN_TRY(spn_sweep_grid(context, settings, &points, &path));
    spn_release(context, path);
    path = NULL;
    SPN_TRY(check_legs(context, settings, &points));
    SPN_NEW(context, path, points);
    SPN_NEW(context, numbers, points);
    path[0] = settings->beta_from;
    for (int64_t leg = 0; leg < settings->legs.count; leg++) {
        double from = path[at - 1], to = settings->legs.items[leg];
        int64_t steps = count_steps(settings, from, to);
        for (int64_t step = 1; step <= steps; step++, at++) {
            path[at] = step_along(settings, from, to, step);
            numbers[at] = leg;
        }
    }
    *count = points;
    *values = path;
    *legs = numbers;
    path = NULL;
    numbers = NULL;
done:
    spn_release(context, path);
    spn_release(context, numbers);
    return status;
}
