/* SPDX-License-Identifier: MIT */
/* Logits b that do not depend on the input: the minimum of
 *   F(b) = m log(Z_0 + sum_k exp b_k) - ybar . b + beta |b|^2,   m = sum_k ybar_k and Z_0 = 0,
 * or m = 1 and Z_0 = 1 for a single logit. F is convex, its Hessian diag(m p + 2 beta) - m p p^T, so Newton's step
 * is that of Sherman and Morrison, halved until F falls. */
#include "network/network.h"

#include <math.h>
#include <spinodal/numeric.h>

/* Far from the minimum a step moves a logit by about 1, near it the error is squared. */
enum { STEPS_MAX = 1000, HALVINGS_MAX = 40 };

typedef struct balance {
    int64_t count;
    double mass, reference; /* m, Z_0 */
    double beta;
    const double *target; /* ybar */
    double *p, *step;
    double left; /* Z_0 / Z: what the probabilities leave */
} balance;

/* F, its p and what they leave. */
static double value_at(balance *self, const double *b)
{
    double top = self->reference > 0.0 ? 0.0 : b[0], sum = 0.0, linear = 0.0;
    for (int64_t k = 0; k < self->count; k++) {
        top = fmax(top, b[k]);
    }
    for (int64_t k = 0; k < self->count; k++) {
        self->p[k] = exp(b[k] - top);
        sum += self->p[k];
        linear += b[k] * (self->beta * b[k] - self->target[k]);
    }
    self->left = self->reference * exp(-top);
    sum += self->left;
    self->left /= sum;
    for (int64_t k = 0; k < self->count; k++) {
        self->p[k] /= sum;
    }
    return self->mass * (top + log(sum)) + linear;
}

/* 1 - m p^T D^{-1} p = left + sum p 2 beta / (m p + 2 beta), D = diag(m p + 2 beta). */
static void take_step(balance *self, const double *b)
{
    double along = 0.0, rest = self->left;
    for (int64_t k = 0; k < self->count; k++) {
        double p = self->p[k], d = self->mass * p + 2.0 * self->beta;
        double gradient = self->mass * p - self->target[k] + 2.0 * self->beta * b[k];
        self->step[k] = -gradient / d;
        along += p * self->step[k];
        rest += p * (2.0 * self->beta / d);
    }
    for (int64_t k = 0; k < self->count; k++) {
        double d = self->mass * self->p[k] + 2.0 * self->beta;
        self->step[k] += self->mass * self->p[k] / d * (along / rest);
    }
}

static void minimise(balance *self, double *b, double *trial)
{
    double value = value_at(self, b);
    for (int64_t i = 0; i < STEPS_MAX; i++) {
        take_step(self, b);
        double share = 1.0, next = value;
        for (int64_t halving = 0; halving < HALVINGS_MAX; halving++, share *= 0.5) {
            for (int64_t k = 0; k < self->count; k++) {
                trial[k] = b[k] + share * self->step[k];
            }
            next = value_at(self, trial);
            if (next < value) {
                break;
            }
        }
        if (!(next < value)) { /* rounding: the last full step is the best there is */
            spn_axpy(self->count, 1.0, self->step, b);
            return;
        }
        value = next;
        for (int64_t k = 0; k < self->count; k++) {
            b[k] = trial[k];
        }
    }
}

/* beta = 0: p = ybar / m. The sum of several logits is 0, as it is for any beta > 0. */
static bool solve_free(balance *self, double *b)
{
    double mean = 0.0;
    for (int64_t k = 0; k < self->count; k++) {
        double rest = self->reference > 0.0 ? 1.0 - self->target[k] : 1.0;
        b[k] = log(self->target[k] / rest);
        mean += b[k] / (double)self->count;
    }
    for (int64_t k = 0; self->reference == 0.0 && k < self->count; k++) {
        b[k] -= mean;
    }
    return spn_all_finite(self->count, b);
}

spn_status spni_balanced_logits(spn_context *context, int64_t count, const double *target,
                                double beta, double *b)
{
    spn_status status = SPN_OK;
    double *memory = NULL;
    balance self = {.count = count, .target = target, .beta = beta};
    self.reference = count == 1 ? 1.0 : 0.0;
    self.mass = count == 1 ? 1.0 : 0.0;
    for (int64_t k = 0; k < count; k++) {
        self.mass += count == 1 ? 0.0 : target[k];
        b[k] = 0.0;
    }
    if (beta == 0.0 && solve_free(&self, b)) {
        goto done;
    }
    if (!(beta > 0.0)) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED,
                 "cross_entropy with biases: a class without samples has no finite trivial point "
                 "where nothing penalises its bias");
    }
    SPN_NEW(context, memory, 3 * count);
    self.p = memory;
    self.step = memory + count;
    minimise(&self, b, memory + 2 * count);
done:
    spn_release(context, memory);
    return status;
}
