/* SPDX-License-Identifier: MIT */
/* Which strands a row of the table lies between, and which strands are one accuracy phase.
 *
 * Two kinds of knowledge: *links*, where one strand goes over into another, or both are known at the same beta, and what is
 * computed stays; and *cuts*, the transitions that change it. What a chain of links joins may still lie on two sides of a
 * cut: then one of the links is weaker than it looks. So links are taken by how little changes on them, the least first
 * (Kruskal's rule), and one that would put the two sides of a cut into one phase is left out. */
#include "transition/answer.h"

#include <math.h>
#include <stdlib.h>

/* ---- Which strands a row lies between ------------------------------------------------------------ */

static double squared(double x)
{
    return x * x;
}

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

/* The side's L and |theta|^2 beside those of a strand, as a share of L; infinite where the strand does not reach beta. */
static double mismatch(const spni_strand *strand, const spn_side *side, double beta, double reach)
{
    if (strand->nodes.count == 0) {
        return (double)INFINITY;
    }
    double at = clamp(beta, spni_strand_low(strand), spni_strand_high(strand));
    if (fabs(at - beta) > reach) {
        return (double)INFINITY;
    }
    const spn_side other = spni_strand_at(strand, at, NULL);
    double scale = fmax(fabs(side->loss), fabs(other.loss));
    double gap = fabs(side->loss - other.loss) +
                 fabs(beta) * fabs(squared(side->norm) - squared(other.norm));
    return scale > 0 ? gap / scale : gap;
}

static double extent(const spni_strand *strand, double beta, bool is_below)
{
    return is_below ? beta - spni_strand_low(strand) : spni_strand_high(strand) - beta;
}

/* Where phases go over into each other continuously several are alike: the one that goes on to this side. */
static int64_t find_strand(int64_t count, const spni_strand *strands, const spn_side *side,
                           double beta, double width, bool is_below)
{
    const double alike = 1e-7;
    double reach = 2 * width + 1e-6 * fabs(beta), least = (double)INFINITY;
    /* what is no point of any strand, because it is not stationary, is not like the nearest of them */
    const double most = 1e-3 + (beta != 0 ? 2 * width / fabs(beta) : 0);
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++) {
        least = fmin(least, mismatch(&strands[i], side, beta, reach));
    }
    for (int64_t i = 0; i < count && least <= most; i++) {
        if (mismatch(&strands[i], side, beta, reach) <= least + alike &&
            (best < 0 ||
             extent(&strands[i], beta, is_below) > extent(&strands[best], beta, is_below))) {
            best = i;
        }
    }
    return best;
}

/* |theta|^2 never rises with beta on the way through a transition upwards: this tells the direction of a row that could
 * not be judged. */
static bool is_downwards(const spn_transition *row)
{
    return row->kind == SPN_TRANSITION_SPINODAL_DOWN ||
           (row->kind == SPN_TRANSITION_UNDECIDED && row->after.norm > row->before.norm);
}

spni_sides spni_find_sides(const spn_transition *row, int64_t count, const spni_strand *strands)
{
    bool is_down = is_downwards(row), is_maxwell = row->kind == SPN_TRANSITION_MAXWELL;
    double width = row->beta_high - row->beta_low;
    spni_sides out = {.below = is_down ? row->after : row->before,
                      .above = is_down ? row->before : row->after,
                      .beta_below = is_maxwell ? row->beta : row->beta_low,
                      .beta_above = is_maxwell ? row->beta : row->beta_high};
    out.strand_below = find_strand(count, strands, &out.below, out.beta_below, width, true);
    out.strand_above = find_strand(count, strands, &out.above, out.beta_above, width, false);
    return out;
}

/* ---- Groups -------------------------------------------------------------------------------------- */

static int64_t root_of(int64_t *parents, int64_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

/* Two strands that a transition goes between, or that are known at the same beta; and the share of its range by which what is
 * computed changes from one to the other. */
typedef struct link {
    int64_t a, b;
    double change;
} link;

typedef struct grouping {
    const spni_ranges *ranges;
    int64_t count; /* strands */
    const spni_strand *strands;
    int64_t *parents;
    int64_t link_count, cut_count;
    link *links, *cuts;
} grouping;

/* The larger change at the points of one strand within [low, high], where both are known. */
static double change_at_points(const grouping *g, const spni_strand *a, const spni_strand *b,
                               double low, double high)
{
    int64_t count = 0;
    const spni_strand_node *nodes = spni_strand_nodes(a, &count);
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        if (nodes[i].beta >= low && nodes[i].beta <= high) {
            const spn_side other = spni_strand_at(b, nodes[i].beta, NULL);
            most = fmax(most, spni_change_share(&nodes[i].side, &other, g->ranges));
        }
    }
    return most;
}

/* Going from one to the other, wherever both are known, changes nothing that the network computes. Labels count in the middle
 * only: next to a continuous end they are those of the other side. */
static bool computes_alike(const grouping *g, const spni_strand *a, const spni_strand *b,
                           double *change)
{
    if (a->nodes.count == 0 || b->nodes.count == 0) {
        return false;
    }
    double low = fmax(spni_strand_low(a), spni_strand_low(b));
    double high = fmin(spni_strand_high(a), spni_strand_high(b));
    if (!(low < high)) {
        return false;
    }
    const double middle = 0.5 * (low + high);
    const spn_side one = spni_strand_at(a, middle, NULL), other = spni_strand_at(b, middle, NULL);
    *change = spni_change_share(&one, &other, g->ranges);
    *change = fmax(*change, change_at_points(g, a, b, low, high));
    *change = fmax(*change, change_at_points(g, b, a, low, high));
    return one.active_modes >= 0 && one.active_modes == other.active_modes &&
           !spni_computes_else(*change);
}

static void read_rows(grouping *g, int64_t rows, const spn_transition *row, const spni_sides *sides)
{
    for (int64_t i = 0; i < rows; i++) {
        const int64_t a = sides[i].strand_below, b = sides[i].strand_above;
        const bool is_labelled = row[i].before.active_modes >= 0 && row[i].after.active_modes >= 0;
        if (a < 0 || b < 0 || a == b) {
            continue;
        }
        /* E differs across a wide interval whether or not anything jumps in it: no evidence of either */
        const bool is_open = row[i].evidence == SPN_EVIDENCE_UNRESOLVED &&
                             row[i].before.active_modes == row[i].after.active_modes;
        if (row[i].change == SPN_CHANGE_ACCURACY && is_open) {
            continue;
        }
        if (row[i].change == SPN_CHANGE_ACCURACY) {
            g->cuts[g->cut_count++] = (link){a, b, 0};
        } else if (is_labelled) {
            const double change =
                row[i].order == 2 ? 0 : spni_change_share(&row[i].before, &row[i].after, g->ranges);
            g->links[g->link_count++] = (link){a, b, change};
        }
    }
}

static void compare_strands(grouping *g)
{
    double change = 0;
    for (int64_t i = 0; i < g->count; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (computes_alike(g, &g->strands[i], &g->strands[j], &change)) {
                g->links[g->link_count++] = (link){j, i, change};
            }
        }
    }
}

static int compare_links(const void *a, const void *b)
{
    const link *x = a, *y = b;
    if (x->change != y->change) {
        return x->change < y->change ? -1 : 1;
    }
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return (x->b > y->b) - (x->b < y->b);
}

static bool is_cut(const grouping *g, int64_t root, int64_t other)
{
    for (int64_t i = 0; i < g->cut_count; i++) {
        const int64_t a = root_of(g->parents, g->cuts[i].a), b = root_of(g->parents, g->cuts[i].b);
        if ((a == root && b == other) || (a == other && b == root)) {
            return true;
        }
    }
    return false;
}

static void join_links(grouping *g)
{
    qsort(g->links, (size_t)g->link_count, sizeof *g->links, compare_links);
    for (int64_t i = 0; i < g->link_count; i++) {
        const int64_t a = root_of(g->parents, g->links[i].a),
                      b = root_of(g->parents, g->links[i].b);
        if (a != b && !is_cut(g, a, b)) {
            g->parents[a] = b;
        }
    }
}

/* Groups from the roots of their strands, numbered as they are met. */
static int64_t number_roots(const grouping *g, int64_t *groups)
{
    int64_t found = 0;
    for (int64_t i = 0; i < g->count; i++) {
        groups[i] = -1;
        for (int64_t j = 0; j < i && groups[i] < 0; j++) {
            if (root_of(g->parents, j) == root_of(g->parents, i)) {
                groups[i] = groups[j];
            }
        }
        if (groups[i] < 0 && g->strands[i].nodes.count > 0) {
            groups[i] = found++;
        }
    }
    return found;
}

spn_status spni_group_strands(spn_context *context, const spni_ranges *ranges, int64_t rows,
                              const spn_transition *row, const spni_sides *sides, int64_t count,
                              const spni_strand *strands, int64_t *groups, int64_t *found)
{
    spn_status status = SPN_OK;
    grouping g = {.ranges = ranges, .count = count, .strands = strands};
    SPN_NEW(context, g.parents, count);
    SPN_NEW(context, g.cuts, rows);
    SPN_NEW(context, g.links, rows + count * (count - 1) / 2);
    for (int64_t i = 0; i < count; i++) {
        g.parents[i] = i;
    }
    read_rows(&g, rows, row, sides);
    compare_strands(&g);
    join_links(&g);
    *found = number_roots(&g, groups);
done:
    spn_release(context, g.parents);
    spn_release(context, g.cuts);
    spn_release(context, g.links);
    return status;
}
