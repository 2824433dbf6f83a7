/* SPDX-License-Identifier: MIT */
/* Roots of functions of one variable. */
#include "stationary/root.h"

#include "base/invariant.h"

#include <float.h>
#include <math.h>

enum { HALVINGS_MOST = 200 };
/* Width in log x at which a root of a falling function is good enough: radii of trust are no sharper. */
static const double LOG_WIDTH = 1e-3;

bool spni_bracket_is_open(const spni_bracket *bracket)
{
    return (bracket->left.value < 0) != (bracket->right.value < 0);
}

double spni_bracket_next(const spni_bracket *bracket)
{
    const spni_sample *a = &bracket->left, *b = &bracket->right;
    SPNI_INVARIANT(spni_bracket_is_open(bracket));
    return (a->x * b->value - b->x * a->value) / (b->value - a->value);
}

void spni_bracket_take(spni_bracket *bracket, spni_sample now)
{
    bool is_left = (now.value < 0) == (bracket->left.value < 0);
    int side = is_left ? -1 : 1;
    spni_sample *moved = is_left ? &bracket->left : &bracket->right;
    spni_sample *kept = is_left ? &bracket->right : &bracket->left;
    /* The function is convex or concave here, so that plain false position would keep this end for ever. */
    if (side == bracket->last) {
        kept->value /= 2;
    }
    bracket->last = side;
    *moved = now;
}

/* Neville's scheme on x as a function of the value, at value 0: lines from the last sample through each of the others,
 * then between the two. */
double spni_root_of_three(const spni_sample *r, double *linear)
{
    *linear = r[2].x - r[2].value * (r[1].x - r[2].x) / (r[1].value - r[2].value);
    double other = r[2].x - r[2].value * (r[0].x - r[2].x) / (r[0].value - r[2].value);
    return *linear + (other - *linear) * r[1].value / (r[1].value - r[0].value);
}

/* x may be of any size, so that its logarithm is halved. */
double spni_root_of_falling(spni_falling *f, const void *state, double level, double high)
{
    double low = log(DBL_MIN), top = log(fmax(high, DBL_MIN));
    for (int k = 0; k < HALVINGS_MOST && top - low > LOG_WIDTH; k++) {
        double middle = low + (top - low) / 2;
        bool is_below = f(state, exp(middle)) <= level;
        top = is_below ? middle : top;
        low = is_below ? low : middle;
    }
    return exp(top);
}
