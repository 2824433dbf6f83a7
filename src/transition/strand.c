/* SPDX-License-Identifier: MIT */
/* Phases as functions of beta: dL/dbeta = |theta|^2 (T9) and d|theta|^2/dbeta = -chi (T10) make the interpolation
 * between two points one of high order. */
#include "transition/transition.h"

#include <math.h>

const spni_strand_node *spni_strand_nodes(const spni_strand *strand, int64_t *count)
{
    *count = strand->nodes.count;
    return strand->nodes.items;
}

double spni_strand_low(const spni_strand *strand)
{
    return ((const spni_strand_node *)strand->nodes.items)[0].beta;
}

double spni_strand_high(const spni_strand *strand)
{
    return ((const spni_strand_node *)strand->nodes.items)[strand->nodes.count - 1].beta;
}

void spni_strand_free(spn_context *context, spni_strand *strand)
{
    spn_release(context, strand->nodes.items);
    spn_release(context, strand->seeds.items);
}

spni_blur spni_blur_of(const spn_state *state)
{
    const double decrement = state->newton_decrement;
    if (!isfinite(decrement)) {
        return (spni_blur){0};
    }
    const double chi = isfinite(state->susceptibility) ? fmax(state->susceptibility, 0) : 0;
    return (spni_blur){.loss = 0.5 * decrement * decrement,
                       .order = sqrt(chi) * decrement,
                       .rounding = 2 * sqrt(fmax(state->error, 0)) * decrement};
}

spn_status spni_strand_add(spn_context *context, spni_strand *strand, double beta,
                           const spn_side *side, const spni_blur *blur)
{
    const spni_strand_node node = {beta, *side, blur != NULL ? *blur : (spni_blur){0}};
    spn_status status = spni_sequence_add(context, &strand->nodes, &node, sizeof node);
    spni_strand_node *nodes = strand->nodes.items;
    for (int64_t i = strand->nodes.count - 1; status == SPN_OK && i > 0; i--) {
        if (nodes[i - 1].beta <= beta) {
            break;
        }
        nodes[i] = nodes[i - 1];
        nodes[i - 1] = node;
    }
    return status;
}

/* Cubic on [0, 1] with values a, b and slopes da, db (per unit of t). */
static double cubic(double t, double a, double da, double b, double db)
{
    double s = 1 - t;
    return s * s * ((1 + 2 * t) * a + t * da) + t * t * ((1 + 2 * s) * b - s * db);
}

/* Quintic with second derivatives as well: the cubic plus t^2 s^2 (p s + q t). */
static double quintic(double t, double a, double da, double dda, double b, double db, double ddb)
{
    double s = 1 - t;
    double cubic_a = 6 * (b - a) - 4 * da - 2 * db; /* second derivatives of the cubic */
    double cubic_b = 6 * (a - b) + 2 * da + 4 * db;
    double p = 0.5 * (dda - cubic_a), q = 0.5 * (ddb - cubic_b);
    return cubic(t, a, da, b, db) + t * t * s * s * (p * s + q * t);
}

/* Its derivative by t. */
static double quintic_slope(double t, double a, double da, double dda, double b, double db,
                            double ddb)
{
    double s = 1 - t;
    double p = 0.5 * (dda - (6 * (b - a) - 4 * da - 2 * db));
    double q = 0.5 * (ddb - (6 * (a - b) + 2 * da + 4 * db));
    double slope_of_cubic =
        6 * t * s * (b - a) + (1 - 4 * t + 3 * t * t) * da + (3 * t * t - 2 * t) * db;
    return slope_of_cubic + t * s * (2 * (s - t) * (p * s + q * t) + t * s * (q - p));
}

static bool is_smooth(double chi_a, double chi_b)
{
    return isfinite(chi_a) && isfinite(chi_b) && chi_a > 0 && chi_b > 0 &&
           fmax(chi_a, chi_b) < 4 * fmin(chi_a, chi_b);
}

static double between(double t, double a, double b)
{
    return (1 - t) * a + t * b;
}

/* |theta|^2 between two points of which one lies at a fold: end + root sqrt(t) + linear t, t the share of the way
 * from that point to the other, where value and slope (chi) are met. */
typedef struct root_law {
    bool is_at_b; /* the fold is at the point of larger beta */
    double end, root, linear;
} root_law;

static bool find_root_law(const spni_strand_node *a, const spni_strand_node *b, root_law *law)
{
    double h = b->beta - a->beta, chi_a = a->side.susceptibility, chi_b = b->side.susceptibility;
    double na = a->side.norm * a->side.norm, nb = b->side.norm * b->side.norm;
    if (!isfinite(chi_a) || !isfinite(chi_b) || chi_a < 0 || chi_b < 0) {
        return false;
    }
    law->is_at_b = chi_b > chi_a;
    law->end = law->is_at_b ? nb : na;
    double far = law->is_at_b ? na : nb, slope = law->is_at_b ? h * chi_a : -h * chi_b;
    law->root = 2 * (far - law->end - slope);
    law->linear = far - law->end - law->root;
    return true;
}

/* Its integral over the share t of the way, times the length h of the way. */
static double integrate_law(const root_law *law, double h, double t)
{
    return h * t * (law->end + 2 * law->root * sqrt(t) / 3 + 0.5 * law->linear * t);
}

static double loss_between(const spni_strand_node *a, const spni_strand_node *b, double t,
                           double *error)
{
    double h = b->beta - a->beta;
    double na = h * a->side.norm * a->side.norm, nb = h * b->side.norm * b->side.norm;
    double chi_a = a->side.susceptibility, chi_b = b->side.susceptibility;
    double low = cubic(t, a->side.loss, na, b->side.loss, nb);
    bool is_flat = a->side.norm == 0 && b->side.norm == 0;
    root_law law;
    if (is_smooth(chi_a, chi_b) || is_flat) {
        double ca = is_flat ? 0 : -h * h * chi_a, cb = is_flat ? 0 : -h * h * chi_b;
        double value = quintic(t, a->side.loss, na, ca, b->side.loss, nb, cb);
        *error = fabs(value - low);
        return value;
    }
    if (find_root_law(a, b, &law)) {
        double from = law.is_at_b ? b->side.loss : a->side.loss;
        double to = law.is_at_b ? a->side.loss : b->side.loss;
        double sign = law.is_at_b ? -1 : 1, share = law.is_at_b ? 1 - t : t;
        double miss = to - (from + sign * integrate_law(&law, h, 1));
        *error = fabs(miss);
        return from + sign * integrate_law(&law, h, share) + miss * share * share;
    }
    double above = fmin(a->side.loss + t * na, b->side.loss - (1 - t) * nb);
    *error = fabs(above - between(t, a->side.loss, b->side.loss));
    return low;
}

static double norm_between(const spni_strand_node *a, const spni_strand_node *b, double t)
{
    double h = b->beta - a->beta;
    double na = a->side.norm * a->side.norm, nb = b->side.norm * b->side.norm;
    double square = between(t, na, nb);
    root_law law;
    if (is_smooth(a->side.susceptibility, b->side.susceptibility)) {
        square = cubic(t, na, -h * a->side.susceptibility, nb, -h * b->side.susceptibility);
    } else if (find_root_law(a, b, &law)) {
        double share = law.is_at_b ? 1 - t : t;
        square = law.end + law.root * sqrt(share) + law.linear * share;
    }
    return sqrt(fmax(square, 0));
}

/* How far that may be off, in |theta|^2: what the slope of L as interpolated says otherwise (T9); next to a fold what the change of L says. */
static double order_error_between(const spni_strand_node *a, const spni_strand_node *b, double t)
{
    double h = b->beta - a->beta, chi_a = a->side.susceptibility, chi_b = b->side.susceptibility;
    double na = a->side.norm * a->side.norm, nb = b->side.norm * b->side.norm;
    root_law law;
    if (is_smooth(chi_a, chi_b)) {
        double slope = quintic_slope(t, a->side.loss, h * na, -h * h * chi_a, b->side.loss, h * nb,
                                     -h * h * chi_b);
        return fabs(slope / h - cubic(t, na, -h * chi_a, nb, -h * chi_b));
    }
    if (find_root_law(a, b, &law)) {
        return 2 * fabs((b->side.loss - a->side.loss) - integrate_law(&law, h, 1)) / h;
    }
    return 0;
}

spn_side spni_side_of(const spn_state *state, double eigenvalue)
{
    return (spn_side){.active_modes = state->active_modes,
                      .merged_units = state->merged_units,
                      .dead_units = state->dead_units,
                      .error = state->error,
                      .loss = state->loss,
                      .norm = state->weight_norm,
                      .curvature = state->scalar_curvature_error,
                      .susceptibility = state->susceptibility,
                      .eigenvalue = eigenvalue,
                      .accuracy = state->accuracy};
}

static spn_side side_between(const spni_strand_node *a, const spni_strand_node *b, double beta,
                             double *error)
{
    double t = (beta - a->beta) / (b->beta - a->beta);
    spn_side side = t < 0.5 ? a->side : b->side; /* labels */
    side.loss = loss_between(a, b, t, error);
    side.norm = norm_between(a, b, t);
    side.error = side.loss - beta * side.norm * side.norm;
    side.curvature = between(t, a->side.curvature, b->side.curvature);
    side.susceptibility = between(t, a->side.susceptibility, b->side.susceptibility);
    side.eigenvalue = between(t, a->side.eigenvalue, b->side.eigenvalue);
    return side;
}

/* The points around beta: one of them twice where it lies at beta. */
static void find_around(const spni_strand *strand, double beta, const spni_strand_node **below,
                        const spni_strand_node **above)
{
    int64_t count = 0, low = 0;
    const spni_strand_node *nodes = spni_strand_nodes(strand, &count);
    int64_t high = count - 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (nodes[middle].beta <= beta) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const bool is_low = beta == nodes[low].beta || high == low;
    *below = &nodes[!is_low && beta == nodes[high].beta ? high : low];
    *above = is_low ? *below : &nodes[high];
}

spn_side spni_strand_at(const spni_strand *strand, double beta, double *error)
{
    const spni_strand_node *below = NULL, *above = NULL;
    double unused = 0;
    error = error != NULL ? error : &unused;
    *error = 0;
    find_around(strand, beta, &below, &above);
    spn_side side = below == above ? below->side : side_between(below, above, beta, error);
    *error += fmax(below->blur.loss, above->blur.loss);
    return side;
}

/* How far |theta|^2 of spni_strand_at() may be off by interpolation. */
static double order_error_at(const spni_strand *strand, double beta)
{
    const spni_strand_node *below = NULL, *above = NULL;
    find_around(strand, beta, &below, &above);
    return below == above ? 0
                          : order_error_between(below, above,
                                                (beta - below->beta) / (above->beta - below->beta));
}

spni_blur spni_strand_blur(const spni_strand *strand, double beta)
{
    const spni_strand_node *below = NULL, *above = NULL;
    find_around(strand, beta, &below, &above);
    return (spni_blur){.loss = fmax(below->blur.loss, above->blur.loss),
                       .order = fmax(below->blur.order, above->blur.order),
                       .rounding = fmax(below->blur.rounding, above->blur.rounding)};
}

static double integrate_piece(const spni_strand_node *a, const spni_strand_node *b)
{
    double h = b->beta - a->beta;
    double na = a->side.norm * a->side.norm, nb = b->side.norm * b->side.norm;
    root_law law;
    if (is_smooth(a->side.susceptibility, b->side.susceptibility)) {
        return 0.5 * h * (na + nb) + h * h / 12 * (b->side.susceptibility - a->side.susceptibility);
    }
    return find_root_law(a, b, &law) ? integrate_law(&law, h, 1) : 0.5 * h * (na + nb);
}

double spni_strand_integral(const spni_strand *strand, double low, double high)
{
    int64_t count = 0;
    const spni_strand_node *nodes = spni_strand_nodes(strand, &count);
    spni_strand_node from = {low, spni_strand_at(strand, low, NULL), {0, 0, 0}};
    double sum = 0;
    for (int64_t i = 0; i <= count && from.beta < high; i++) {
        bool is_last = i == count || nodes[i].beta >= high;
        spni_strand_node to = {high, spni_strand_at(strand, high, NULL), {0, 0, 0}};
        if (!is_last) {
            to = nodes[i];
        }
        if (to.beta > from.beta) {
            sum += integrate_piece(&from, &to);
            from = to;
        }
    }
    return sum;
}

/* The solver leaves relative errors of about 1e-9 in theta, or what it says itself; two different phases agree no
 * further than by chance. Where theta vanishes, what is left of it is compared with L through the ridge. */
static bool is_same_state(const spni_strand_node *a, const spni_strand_node *b)
{
    double beta = fabs(a->beta), na = a->side.norm * a->side.norm, nb = b->side.norm * b->side.norm;
    double loss = fmax(fabs(a->side.loss), fabs(b->side.loss));
    double order_blur = a->blur.order + b->blur.order;
    double loss_blur = a->blur.loss + b->blur.loss + a->blur.rounding + b->blur.rounding;
    return beta * fabs(na - nb) <= beta * (1e-6 * fmax(na, nb) + order_blur) + 1e-12 * loss &&
           fabs(a->side.loss - b->side.loss) <= 1e-8 * loss + loss_blur;
}

/* Strands that overlap between points: labels, and L and |theta|^2 as interpolated, at the points of a. */
static bool is_same_between(const spni_strand *a, const spni_strand *b)
{
    int64_t count = 0, compared = 0;
    const spni_strand_node *nodes = spni_strand_nodes(a, &count);
    for (int64_t i = 0; i < count; i++) {
        double beta = nodes[i].beta, error = 0;
        if (beta < spni_strand_low(b) || beta > spni_strand_high(b)) {
            continue;
        }
        spn_side other = spni_strand_at(b, beta, &error);
        const spn_side *own = &nodes[i].side;
        const spni_blur blur = spni_strand_blur(b, beta);
        error += nodes[i].blur.loss + nodes[i].blur.rounding + blur.rounding;
        const double longer = fmax(own->norm, other.norm);
        const double apart = fabs(own->norm - other.norm) * (own->norm + other.norm);
        if (!spni_same_label(own, &other) ||
            (fabs(own->norm - other.norm) > 1e-4 * longer && apart > order_error_at(b, beta)) ||
            fabs(own->loss - other.loss) > error + 1e-8 * fabs(own->loss)) {
            return false;
        }
        compared++;
    }
    return compared > 0;
}

/* Two phases meet at a continuous transition, and the brackets of two chains there overlap by rounding: strands
 * that share no more of beta than a millionth, though both are longer, only touch. */
static bool only_touches(const spni_strand *a, const spni_strand *b)
{
    double low = fmax(spni_strand_low(a), spni_strand_low(b));
    double high = fmin(spni_strand_high(a), spni_strand_high(b));
    double shorter =
        fmin(spni_strand_high(a) - spni_strand_low(a), spni_strand_high(b) - spni_strand_low(b));
    double least = 1e-6 * fmax(fabs(low), fabs(high));
    return high - low <= least && shorter > least;
}

bool spni_strand_same(const spni_strand *a, const spni_strand *b)
{
    int64_t na = 0, nb = 0, i = 0, j = 0, shared = 0;
    const spni_strand_node *as = spni_strand_nodes(a, &na), *bs = spni_strand_nodes(b, &nb);
    if (only_touches(a, b)) {
        return false;
    }
    while (i < na && j < nb) {
        if (as[i].beta < bs[j].beta) {
            i++;
        } else if (as[i].beta > bs[j].beta) {
            j++;
        } else {
            if (!is_same_state(&as[i], &bs[j])) {
                return false;
            }
            shared++;
            i++;
            j++;
        }
    }
    return shared > 0 || is_same_between(a, b) || is_same_between(b, a);
}

spn_status spni_strand_merge(spn_context *context, spni_strand *into, const spni_strand *from)
{
    spn_status status = SPN_OK;
    spni_sequence merged = {0};
    int64_t na = 0, nb = 0, i = 0, j = 0;
    const spni_strand_node *as = spni_strand_nodes(into, &na), *bs = spni_strand_nodes(from, &nb);
    if (bs[0].beta < as[0].beta || (bs[0].beta == as[0].beta && from->ends_low)) {
        into->ends_low = from->ends_low;
    }
    if (bs[nb - 1].beta > as[na - 1].beta ||
        (bs[nb - 1].beta == as[na - 1].beta && from->ends_high)) {
        into->ends_high = from->ends_high;
    }
    while (i < na || j < nb) {
        bool takes_a = j == nb || (i < na && as[i].beta <= bs[j].beta);
        const spni_strand_node *node = takes_a ? &as[i] : &bs[j];
        if (takes_a && j < nb && bs[j].beta == as[i].beta) {
            j++;
        }
        SPN_TRY(spni_sequence_add(context, &merged, node, sizeof *node));
        i += takes_a;
        j += !takes_a;
    }
    spn_release(context, into->nodes.items);
    into->nodes = merged;
    merged = (spni_sequence){0};
    for (int64_t k = 0; k < from->seeds.count; k++) {
        int64_t seed = ((const int64_t *)from->seeds.items)[k];
        bool is_known = false;
        for (int64_t m = 0; m < into->seeds.count; m++) {
            is_known = is_known || ((const int64_t *)into->seeds.items)[m] == seed;
        }
        if (!is_known) {
            SPN_TRY(spni_sequence_add(context, &into->seeds, &seed, sizeof seed));
        }
    }
done:
    spn_release(context, merged.items);
    return status;
}
