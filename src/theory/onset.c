/* SPDX-License-Identifier: MIT */
/* The normal form of the onset of learning with one hidden layer (T21).
 *
 *  Hidden unit j has incoming weights w_j and outgoing q_j. At beta_c = p_1 sigma the Hessian at the origin has the
 *  kernel (w_j, q_j) = z_j (v, u) / sqrt 2, |theta|^2 = |z|^2. To fourth order, with everything else relaxed,
 *      L - L_0 = (beta - beta_c) |z|^2 - 2^(-3/2) p_2 m_21 sum z_j^3 + (alpha |z|^4 - tau sum z_j^4) / 4,
 *      alpha = p_1^2 <(v.x)^2>,   tau = (p_3 / 3) <(u.y)(v.x)^3> + Gamma,   m_21 = <(u.y)(v.x)^2>.
 *  Gamma >= 0 is what the directions outside the kernel give back: the cubic term pulls at them with z_j^2 times
 *  gamma = (p_2 <y (v.x)^2> / 2, p_2 <(u.y)(v.x) x>), and Gamma = gamma^T A^+ gamma with A = beta_c - p_1 (0 M; M^T 0).
 *  A bias is an input that is always 1; the bias of the output relaxes as well, which takes
 *  p_1^2 <v.x>^2 / (1 + beta_c) from alpha. */
#include <spinodal/numeric.h>
#include <spinodal/theory.h>

#include <math.h>

static const double none = (double)NAN;
/* Singular values are equal, and odd moments vanish, up to this share. */
static const double rounding = 1e-9;

#define COLUMN(member, type, help)                                                                 \
    {                                                                                              \
#member, type, offsetof(spn_theory_onset, member), "", help, NULL, NULL                    \
    }
static const spn_column columns[] = {
    COLUMN(order, SPN_COLUMN_INTEGER, "order of the onset; 0: not decided (T21)"),
    COLUMN(beta, SPN_COLUMN_REAL, "the trivial state is stable above it (T14)"),
    COLUMN(cubic, SPN_COLUMN_REAL, "c_3 of the normal form (T21)"),
    COLUMN(quartic, SPN_COLUMN_REAL, "c_4 of the normal form (T21)"),
    COLUMN(units, SPN_COLUMN_INTEGER, "hidden units that share the mode"),
    COLUMN(maxwell_beta, SPN_COLUMN_REAL, "learned and trivial state have equal loss"),
    COLUMN(spinodal_beta, SPN_COLUMN_REAL, "the learned state ends"),
};
const spn_columns spn_theory_onset_columns = {
    .items = columns,
    .count = sizeof columns / sizeof columns[0],
    .record_size = sizeof(spn_theory_onset),
};

/* The decomposition of M: values, left vectors in columns (K x count), right vectors in rows. */
typedef struct decomposition {
    int64_t count;
    double *values, *u, *vt;
} decomposition;

static spn_status decompose(spn_context *context, int64_t inputs, int64_t outputs, const double *yx,
                            decomposition *m)
{
    spn_status status = SPN_OK;
    m->count = inputs < outputs ? inputs : outputs;
    if (inputs < 1 || outputs < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "modes of %lld inputs and %lld outputs make no sense",
                 (long long)inputs, (long long)outputs);
    }
    SPN_NEW(context, m->values, m->count);
    SPN_NEW(context, m->u, outputs * m->count);
    SPN_NEW(context, m->vt, m->count * inputs);
    SPN_TRY(spn_singular_values(context, outputs, inputs, yx, m->values, m->u, m->vt));
done:
    return status;
}

static void decomposition_free(spn_context *context, decomposition *m)
{
    spn_release(context, m->values);
    spn_release(context, m->u);
    spn_release(context, m->vt);
}

spn_status spn_theory_leading_mode(spn_context *context, int64_t inputs, int64_t outputs,
                                   const double *yx, double *u, double *v, double *sigma)
{
    spn_status status = SPN_OK;
    decomposition m = {0};
    SPN_TRY(decompose(context, inputs, outputs, yx, &m));
    for (int64_t k = 0; k < outputs; k++) {
        u[k] = m.u[k * m.count];
    }
    for (int64_t i = 0; i < inputs; i++) {
        v[i] = m.vt[i];
    }
    *sigma = m.values[0];
done:
    decomposition_free(context, &m);
    return status;
}

static double left_component(const decomposition *m, int64_t outputs, int64_t i, const double *y)
{
    double sum = 0;
    for (int64_t k = 0; k < outputs; k++) {
        sum += m->u[k * m->count + i] * y[k];
    }
    return sum;
}

/* Gamma / p_2^2, mode by mode. */
static double relaxation(const spn_theory_onset_moments *moments, const decomposition *m,
                         double slope, bool has_bias)
{
    int64_t inputs = moments->inputs, outputs = moments->outputs;
    double beta = slope * m->values[0], sum = 0;
    double rest_q = 0.25 * spn_dot(outputs, moments->y_vv, moments->y_vv);
    double rest_w = spn_dot(inputs, moments->uv_x, moments->uv_x);
    for (int64_t i = 0; i < m->count; i++) {
        double q = 0.5 * left_component(m, outputs, i, moments->y_vv);
        double w = spn_dot(inputs, m->vt + i * inputs, moments->uv_x);
        double coupling = slope * m->values[i];
        rest_q -= q * q;
        rest_w -= w * w;
        sum += i == 0 ? (q - w) * (q - w) / (4 * beta) /* q = w is the kernel */
                      : (beta * (q * q + w * w) + 2 * coupling * q * w) /
                            ((beta - coupling) * (beta + coupling));
    }
    double bias = has_bias ? m->values[0] * m->values[0] : 0;
    return sum + (fmax(rest_q, 0) + fmax(rest_w, 0) + bias) / beta;
}

static void judge(double quartic_scale, spn_theory_onset *out)
{
    double share = out->quartic > 0 ? out->cubic * out->cubic / out->quartic : none;
    bool is_flat = out->cubic == 0 && fabs(out->quartic) <= rounding * quartic_scale;
    out->order = out->cubic > 0 || out->quartic < 0 ? 1 : 2;
    if (is_flat) {
        out->order = 0;
        share = none;
    }
    out->maxwell_beta = out->beta + share / 4;
    out->spinodal_beta = out->beta + 9 * share / 32;
}

static void normal_form(const spn_theory_onset_moments *moments, const decomposition *m,
                        const spn_theory_activation *activation, int64_t hidden, bool has_bias,
                        spn_theory_onset *out)
{
    /* phi(a) -> phi(-a), w -> -w makes the slope positive. */
    double slope = fabs(activation->slope), bend = fabs(activation->bend);
    double twist = activation->slope < 0 ? -activation->twist : activation->twist;
    double mean = has_bias ? moments->mean : 0;
    double alpha = slope * slope * (moments->variance - mean * mean / (1 + out->beta));
    double bare = twist / 3 * moments->cubed;
    double tau = bare + bend * bend * relaxation(moments, m, slope, has_bias);
    double skew = fabs(left_component(m, moments->outputs, 0, moments->y_vv));
    bool is_skewed = skew > rounding * sqrt(moments->variance) * m->values[0];
    out->cubic = is_skewed ? bend * skew / sqrt(8) : 0;
    /* On |z| = 1 sum z_j^4 is 1 for one unit and least, 1 / hidden, for all equally; the cubic term wants
     * one. */
    out->units = tau < 0 && out->cubic == 0 ? hidden : 1;
    out->quartic = (alpha - tau / (double)out->units) / 4;
    judge(alpha + fabs(bare), out);
}

/* Equal leading modes of a linear network: with B = Q W and |theta|^2 >= 2 |B|_*, the sum of its singular values, L - L_0 >=
 * 2 (beta - sigma) |B|_* + <|B x|^2> is positive at beta_c: second order (T12). c_4 depends on which of the modes it is. */
static void equal_linear_modes(spn_theory_onset *out)
{
    out->order = 2;
    out->cubic = 0;
    out->units = 1;
    out->maxwell_beta = out->spinodal_beta = out->beta;
}

spn_status spn_theory_onset_at(spn_context *context, const spn_theory_onset_moments *moments,
                               const spn_theory_activation *activation, int64_t hidden,
                               bool has_bias, spn_theory_onset *out)
{
    spn_status status = SPN_OK;
    decomposition m = {0};
    *out = (spn_theory_onset){0, none, none, none, 0, none, none};
    if (hidden < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "an onset with %lld hidden units makes no sense",
                 (long long)hidden);
    }
    if (activation->slope == 0 || !isfinite(activation->slope)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "an activation of slope %g at 0 has no linear onset",
                 activation->slope);
    }
    SPN_TRY(decompose(context, moments->inputs, moments->outputs, moments->yx, &m));
    out->beta = fabs(activation->slope) * m.values[0];
    bool is_single = m.count == 1 || m.values[1] < (1 - rounding) * m.values[0];
    if (m.values[0] > 0 && is_single) {
        normal_form(moments, &m, activation, hidden, has_bias, out);
    } else if (m.values[0] > 0 && activation->bend == 0 && activation->twist == 0) {
        equal_linear_modes(out);
    }
done:
    decomposition_free(context, &m);
    return status;
}
