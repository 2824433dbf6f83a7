/* SPDX-License-Identifier: MIT */
/* Transformations that are fitted on one data set and good for others. */
#include "data/data.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/** Directions whose variance is below this part of the largest are dropped. */
#define RANK_TOLERANCE 1e-10

static void column_label(const char *what, const char *const *names, int64_t index, char label[160])
{
    if (names != NULL) {
        snprintf(label, 160, "%s %lld (%.100s)", what, (long long)index + 1, names[index]);
    } else {
        snprintf(label, 160, "%s %lld", what, (long long)index + 1);
    }
}

static spn_status fail_range(spn_context *context, const char *label)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: its numbers are too large for their mean and variance", label);
}

struct spn_transformation {
    spn_transformation_kind kind;
    int64_t inputs, outputs; /* of what it was fitted on */
    int64_t columns;         /* that are shifted: the inputs, and the targets unless they stay */
    double *shift;           /* what is added to each column; whiten: to the inputs */
    double *deviation;       /* standardize: what each is divided by then; 0: all of it becomes 0 */
    int64_t constant;        /* standardize: how many inputs these are */
    int64_t rank;            /* whiten: rows of map; otherwise the number of inputs */
    double *map;             /* whiten: rank x inputs */
    double *shifts, *roots;  /* whiten: of what spni_whiten_rows() did with the rank rows */
};

void spn_transformation_free(spn_context *context, spn_transformation *transformation)
{
    if (transformation != NULL) {
        spn_release(context, transformation->shift);
        spn_release(context, transformation->deviation);
        spn_release(context, transformation->map);
        spn_release(context, transformation->shifts);
        spn_release(context, transformation->roots);
        spn_release(context, transformation);
    }
}

/** Inputs that are constant (pixels at the rim of images) may be some but not all; a target may not be. */
static spn_status accept_constant(spn_context *context, spn_transformation *t, int64_t column,
                                  const char *label)
{
    if (column >= t->inputs) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is constant and cannot be standardized; leave the column out", label);
    }
    t->constant++;
    if (t->constant < t->inputs) {
        return SPN_OK;
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s is constant%s; nothing can be learned from it",
                    label, t->inputs > 1 ? ", as all inputs are" : "");
}

static double largest_of(int64_t samples, const double *x)
{
    double largest = 0;
    for (int64_t n = 0; n < samples; n++) {
        largest = fmax(largest, fabs(x[n]));
    }
    return largest;
}

/** The shift that makes the mean of a row 0, and the deviation that it has then: 0 for a constant one. The row itself is shifted. Either is
 *  not finite where its numbers are too large. */
static void fit_row(int64_t samples, double *x, double *shift, double *deviation)
{
    const double largest = largest_of(samples, x);
    *shift = -spni_mean(samples, x);
    spni_shift(samples, *shift, x);
    if (deviation != NULL) {
        *deviation = spn_norm(samples, x) / sqrt((double)samples);
        /* The mean of equal numbers may be one rounding off. */
        *deviation = *deviation <= 4 * 0x1p-52 * largest ? 0 : *deviation;
    }
}

/** Rows that are fitted: `work`, a copy of the inputs that are centred on the way, or `scratch`, room for one column. */
typedef struct fit {
    const spn_transformation *t;
    int64_t samples;
    spni_dataset *work;
    double *scratch;
} fit;

/* Behind the shifts of all inputs stand their deviations. */
static spn_status fit_input(spn_context *context, void *state, int64_t i, const double *x,
                            double *carried)
{
    const fit *f = state;
    double *row = f->work != NULL ? f->work->x + i * f->work->view.stride : f->scratch;
    memcpy(row, x, (size_t)f->samples * sizeof *row);
    fit_row(f->samples, row, &carried[i],
            f->t->deviation != NULL ? &carried[f->t->inputs + i] : NULL);
    return spn_poll(context);
}

static spn_status check_fit(spn_context *context, const spn_dataset *in, spn_transformation *t)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c < t->columns; c++) {
        char label[160];
        const bool is_input = c < in->inputs;
        column_label(is_input ? "input" : "target", is_input ? in->input_names : in->output_names,
                     is_input ? c : c - in->inputs, label);
        const double size = t->deviation != NULL ? t->deviation[c] : 0;
        SPN_TRY(isfinite(t->shift[c]) && isfinite(size) ? SPN_OK : fail_range(context, label));
        SPN_TRY(t->deviation == NULL || size > 0 ? SPN_OK : accept_constant(context, t, c, label));
    }
done:
    return status;
}

/** Shifts, and deviations where they are asked for, of all columns. */
static spn_status fit_columns(spn_context *context, const spn_dataset *in, spni_dataset *work,
                              double *scratch, spn_transformation *t)
{
    spn_status status = SPN_OK;
    const int64_t inputs = in->inputs;
    double *found = NULL;
    fit f = {t, in->samples, work, scratch};
    SPN_NEW(context, found, 2 * inputs);
    SPN_TRY(spn_dataset_each_input(context, in, fit_input, &f, 2 * inputs, found));
    memcpy(t->shift, found, (size_t)inputs * sizeof *found);
    if (t->deviation != NULL) {
        memcpy(t->deviation, found + inputs, (size_t)inputs * sizeof *found);
    }
    for (int64_t c = inputs; c < t->columns; c++) {
        memcpy(scratch, in->y + (c - inputs) * in->stride, (size_t)in->samples * sizeof *scratch);
        fit_row(in->samples, scratch, &t->shift[c], t->deviation != NULL ? &t->deviation[c] : NULL);
    }
    SPN_TRY(check_fit(context, in, t));
done:
    spn_release(context, found);
    return status;
}

/** gram = (1/N) X^T X, N x N; x is inputs x N. */
static spn_status sample_gram(spn_context *context, const spn_dataset *shape, const double *x,
                              double *gram)
{
    spn_status status = SPN_OK;
    const int64_t n = shape->samples;
    for (int64_t i = 0; i < shape->inputs; i++) {
        const double *row = x + i * shape->stride;
        SPN_TRY(spn_poll(context));
        for (int64_t k = 0; k < n; k++) {
            spn_axpy(n, row[k], row, gram + k * n);
        }
    }
    for (int64_t k = 0; k < n * n; k++) {
        gram[k] /= (double)n;
    }
done:
    return status;
}

/** Row of the map for an eigenvalue above 0 and its eigenvector: of the covariance v itself, divided by the root; of
 *  (1/N) X^T X the eigenvector a makes v = X a / sqrt(N value). */
static void map_row(const spn_dataset *shape, const double *x, bool is_wide, double value,
                    const double *vector, double *row)
{
    for (int64_t i = 0; i < shape->inputs; i++) {
        row[i] = is_wide ? spn_dot(shape->samples, x + i * shape->stride, vector) /
                               (value * sqrt((double)shape->samples))
                         : vector[i] / sqrt(value);
    }
}

/** Principal directions of the centred inputs in `x`, largest variance first, divided by the root of
 *  their variance: rank x inputs, row-major. With fewer samples than inputs they come from the scalar products
 *  of samples, (1/N) X^T X, which has the eigenvalues of the covariance (1/N) X X^T but for zeros. */
static spn_status principal_map(spn_context *context, const spn_dataset *shape, const double *x,
                                double *map, int64_t *rank)
{
    spn_status status = SPN_OK;
    const bool is_wide = shape->samples < shape->inputs;
    const int64_t d = is_wide ? shape->samples : shape->inputs;
    double *gram = NULL, *values = NULL, *vectors = NULL;
    SPN_NEW(context, gram, d * d);
    SPN_NEW(context, vectors, d * d);
    SPN_NEW(context, values, d);
    SPN_TRY(is_wide ? sample_gram(context, shape, x, gram)
                    : spni_gram(context, d, shape->samples, shape->stride, x, gram));
    if (!spn_all_finite(d * d, gram)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "whitening: the inputs are too large for their covariance; standardize them");
    }
    spn_dense_announce(context, d, "whitening");
    SPN_TRY(spni_eigen(context, d, gram, values, vectors));
    *rank = 0;
    for (int64_t k = d - 1; k >= 0 && values[k] > RANK_TOLERANCE * values[d - 1]; k--) {
        SPN_TRY(spn_poll(context));
        map_row(shape, x, is_wide, values[k], vectors + k * d, map + *rank * shape->inputs);
        (*rank)++;
    }
    if (*rank == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "whitening: all inputs are constant");
    }
done:
    spn_release(context, gram);
    spn_release(context, values);
    spn_release(context, vectors);
    return status;
}

/** The first `rank` rows of `full` as inputs, called "component 1", ...; targets and their names kept. */
static spn_status keep_components(spn_context *context, const spni_dataset *full, int64_t rank,
                                  spni_dataset **out)
{
    enum { NAME_SIZE = 32 };
    spn_status status = SPN_OK;
    const spn_dataset *view = &full->view;
    char *contents = NULL;
    const char **names = NULL;
    spn_dataset components = *view;
    SPN_NEW(context, names, rank);
    SPN_NEW(context, contents, rank * NAME_SIZE);
    for (int64_t i = 0; i < rank; i++) {
        names[i] = contents + i * NAME_SIZE;
        snprintf(contents + i * NAME_SIZE, NAME_SIZE, "component %lld", (long long)i + 1);
    }
    components.inputs = rank;
    components.input_names = names;
    SPN_TRY(spni_dataset_copy(context, &components, out));
done:
    spn_release(context, names);
    spn_release(context, contents);
    return status;
}

/** What turns and scales the inputs, which `work` holds centred and which are changed. */
static spn_status fit_directions(spn_context *context, spni_dataset *work, spn_transformation *t)
{
    spn_status status = SPN_OK;
    const int64_t d = t->inputs, samples = work->view.samples, stride = work->view.stride;
    int64_t size = 0;
    if (!spn_size_multiply(d, samples < d ? samples : d, &size)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "whitening: too many inputs (%lld)", (long long)d);
    }
    SPN_NEW(context, t->map, size);
    SPN_TRY(principal_map(context, &work->view, work->x, t->map, &t->rank));
    SPN_NEW(context, t->shifts, SPNI_WHITEN_PASSES * t->rank);
    SPN_NEW(context, t->roots, SPNI_WHITEN_PASSES * t->rank * t->rank);
    SPN_TRY(spni_transform(context, t->rank, d, t->map, samples, stride, work->x));
    SPN_TRY(spni_whiten_rows(context, t->rank, samples, stride, work->x, t->shifts, t->roots));
    spn_message(context, "whitening: %lld of %lld input directions kept", (long long)t->rank,
                (long long)d);
done:
    return status;
}

spn_status spn_transformation_fit(spn_context *context, spn_transformation_kind kind,
                                  bool inputs_only, const spn_dataset *in, spn_transformation **out)
{
    spn_status status = SPN_OK;
    spn_transformation *t = NULL;
    spni_dataset *work = NULL;
    double *scratch = NULL;
    *out = NULL;
    if (kind == SPN_TRANSFORMATION_WHITEN && in->spread != NULL) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED, "whitening needs all inputs in one place");
    }
    if (kind == SPN_TRANSFORMATION_WHITEN) {
        SPN_TRY(spni_dataset_copy(context, in, &work));
    } else {
        SPN_NEW(context, scratch, in->samples);
    }
    SPN_NEW(context, t, 1);
    t->kind = kind;
    t->inputs = t->rank = in->inputs;
    t->outputs = in->outputs;
    t->columns = in->inputs;
    t->columns += inputs_only || kind == SPN_TRANSFORMATION_WHITEN ? 0 : in->outputs;
    SPN_NEW(context, t->shift, in->inputs + in->outputs);
    if (kind == SPN_TRANSFORMATION_STANDARDIZE) {
        SPN_NEW(context, t->deviation, in->inputs + in->outputs);
    }
    SPN_TRY(fit_columns(context, in, work, scratch, t));
    SPN_TRY(kind == SPN_TRANSFORMATION_WHITEN ? fit_directions(context, work, t) : SPN_OK);
    *out = t;
    t = NULL;
done:
    spn_transformation_free(context, t);
    spni_dataset_free(context, work);
    spn_release(context, scratch);
    return status;
}

int64_t spn_transformation_constant(const spn_transformation *transformation)
{
    return transformation->constant;
}

static spn_status apply_columns(spn_context *context, const spn_transformation *t,
                                spni_dataset *dataset)
{
    spn_status status = SPN_OK;
    const spn_dataset *view = &dataset->view;
    const bool is_spread = view->spread != NULL;
    if (is_spread) {
        SPN_TRY(spni_spread_step(context, &dataset->view, t->shift, t->deviation));
    }
    for (int64_t c = is_spread ? t->inputs : 0; c < t->columns; c++) {
        SPN_TRY(spn_poll(context));
        double *x = c < t->inputs ? dataset->x + c * view->stride
                                  : dataset->y + (c - t->inputs) * view->stride;
        spni_step(view->samples, t->shift[c], t->deviation != NULL ? t->deviation[c] : 1, x);
    }
done:
    return status;
}

/** The steps of spni_whiten_rows(). */
static spn_status apply_passes(spn_context *context, const spn_transformation *t,
                               spni_dataset *dataset)
{
    spn_status status = SPN_OK;
    const int64_t rank = t->rank, samples = dataset->view.samples, stride = dataset->view.stride;
    for (int64_t pass = 0; pass < SPNI_WHITEN_PASSES; pass++) {
        for (int64_t i = 0; i < rank; i++) {
            spni_shift(samples, t->shifts[pass * rank + i], dataset->x + i * stride);
        }
        SPN_TRY(spni_transform(context, rank, rank, t->roots + pass * rank * rank, samples, stride,
                               dataset->x));
    }
done:
    return status;
}

static spn_status replace_by_components(spn_context *context, const spn_transformation *t,
                                        spn_dataset **dataset)
{
    spn_status status = SPN_OK;
    spni_dataset *full = (spni_dataset *)*dataset, *kept = NULL;
    SPN_TRY(spni_transform(context, t->rank, t->inputs, t->map, full->view.samples,
                           full->view.stride, full->x));
    SPN_TRY(keep_components(context, full, t->rank, &kept));
    SPN_TRY(apply_passes(context, t, kept));
    spni_dataset_free(context, full);
    *dataset = spni_dataset_release(kept);
    kept = NULL;
done:
    spni_dataset_free(context, kept);
    return status;
}

spn_status spn_transformation_replace(spn_context *context, const spn_transformation *t,
                                      spn_dataset **dataset)
{
    const spn_dataset *in = *dataset;
    if (in->inputs != t->inputs || in->outputs != t->outputs) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "a transformation of %lld inputs and %lld targets applied to %lld and %lld",
                        (long long)t->inputs, (long long)t->outputs, (long long)in->inputs,
                        (long long)in->outputs);
    }
    spn_status status = SPN_OK;
    SPN_TRY(spni_dataset_own(context, dataset));
    SPN_TRY(apply_columns(context, t, (spni_dataset *)*dataset));
    SPN_TRY(t->kind == SPN_TRANSFORMATION_WHITEN ? replace_by_components(context, t, dataset)
                                                 : SPN_OK);
done:
    return status;
}

spn_status spn_transformation_apply(spn_context *context, const spn_transformation *t,
                                    const spn_dataset *in, spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *copy = NULL;
    spn_dataset *changed = NULL;
    *out = NULL;
    SPN_TRY(spni_dataset_copy(context, in, &copy));
    changed = spni_dataset_release(copy);
    SPN_TRY(spn_transformation_replace(context, t, &changed));
    *out = changed;
    changed = NULL;
done:
    spn_dataset_free(context, changed);
    return status;
}

static spn_status fit_and_apply(spn_context *context, spn_transformation_kind kind,
                                const spn_dataset *in, spn_dataset **out)
{
    spn_transformation *transformation = NULL;
    *out = NULL;
    spn_status status = spn_transformation_fit(context, kind, false, in, &transformation);
    if (status == SPN_OK) {
        status = spn_transformation_apply(context, transformation, in, out);
    }
    spn_transformation_free(context, transformation);
    return status;
}

spn_status spn_dataset_standardize(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    return fit_and_apply(context, SPN_TRANSFORMATION_STANDARDIZE, in, out);
}

spn_status spn_dataset_center(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    return fit_and_apply(context, SPN_TRANSFORMATION_CENTER, in, out);
}

spn_status spn_dataset_whiten(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    return fit_and_apply(context, SPN_TRANSFORMATION_WHITEN, in, out);
}
