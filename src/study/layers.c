/* SPDX-License-Identifier: MIT */
/* Numbers of layers and classes at stored weights: arrays beside `theta`, where section `geometry` asks for them. They follow from
 * weights and data alone, so that no journal has to hold them. */
#include "study/book.h"
#include "study/recorder.h"

typedef struct layers {
    const spn_study *study;
    spn_point *point;                          /* of E */
    double *norms, *traces, *values, *classes; /* a row a parameter vector */
    int64_t layer_count, value_count, class_count;
    double *diagonal;
} layers;

static spn_status create(spn_context *context, spn_book *book, int64_t rows, layers *out)
{
    spn_status status = SPN_OK;
    int64_t room = 0;
    const spn_study *study = out->study;
    out->layer_count = spn_network_layers(study->network);
    out->value_count = spn_network_singular_count(study->network);
    out->class_count = spn_network_error_classes(study->error);
    if (!spn_size_multiply(rows, out->value_count + out->layer_count + out->class_count, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld rows of layers are too many", (long long)rows);
    }
    SPN_TAKE(context, spn_book_arena(book), out->norms, rows * out->layer_count);
    SPN_TAKE(context, spn_book_arena(book), out->traces, rows * out->layer_count);
    SPN_TAKE(context, spn_book_arena(book), out->values, rows * out->value_count);
    SPN_TAKE(context, spn_book_arena(book), out->classes, rows * out->class_count);
    SPN_NEW(context, out->diagonal, study->loss.dimension);
    SPN_TRY(spn_point_create(context, spn_network_error_objective(study->error), &out->point));
done:
    return status;
}

static spn_status measure(spn_context *context, const layers *l, int64_t row, const double *theta)
{
    spn_status status = SPN_OK;
    const spn_network *network = l->study->network;
    SPN_TRY(spn_point_set(context, l->point, theta, 0, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_diagonal(context, l->point, SPN_PART_FULL, l->diagonal));
    spn_network_layer_norms(network, theta, l->norms + row * l->layer_count);
    spn_network_layer_sums(network, l->diagonal, l->traces + row * l->layer_count);
    SPN_TRY(spn_network_singular_values(context, network, theta, l->values + row * l->value_count));
    if (l->class_count > 0) {
        SPN_TRY(spn_network_class_accuracy(context, l->point, l->classes + row * l->class_count));
    }
done:
    return status;
}

static void put(spn_book *book, const char *name, int64_t rows, int64_t columns,
                const double *values, const char *unit, const char *help)
{
    if (columns > 0) {
        spn_book_array(book, (spn_array){.name = name,
                                         .rows = rows,
                                         .columns = columns,
                                         .values = values,
                                         .unit = unit,
                                         .help = help,
                                         .is_compressed = true});
    }
}

spn_status spni_book_layers(spn_context *context, const spn_study *study, spn_book *book,
                            int64_t rows, const double *theta)
{
    spn_status status = SPN_OK;
    layers l = {.study = study};
    if (!spn_experiment_geometry(study->experiment)->layers || study->network == NULL) {
        return SPN_OK;
    }
    SPN_TRY(create(context, book, rows, &l));
    for (int64_t i = 0; i < rows; i++) {
        SPN_TRY(measure(context, &l, i, theta + i * study->loss.dimension));
    }
    put(book, "layer_norms", rows, l.layer_count, l.norms, "weight",
        "length of each layer's weights and biases; one row per row of /theta");
    put(book, "layer_traces", rows, l.layer_count, l.traces, "error/weight^2",
        "trace of each layer's block of the Hessian of E; likewise");
    put(book, "singular_values", rows, l.value_count, l.values, "weight",
        "singular values of the layers' matrices, layer after layer, descending in each; likewise");
    put(book, "class_accuracy", rows, l.class_count, l.classes, "",
        "accuracy on the samples of each class, in the order of the attribute classes; likewise");
done:
    spn_point_free(context, l.point);
    spn_release(context, l.diagonal);
    return status;
}

spn_status spni_recorder_layers(spn_context *context, const spni_recorder *recorder, int64_t stream,
                                spn_book *book)
{
    const spni_shelf *shelf = &recorder->shelves[stream];
    if (!shelf->keeps_theta || shelf->stream->theta_count == 0) {
        return SPN_OK;
    }
    return spni_book_layers(context, recorder->study, book, shelf->thetas[0].count,
                            (const void *)shelf->thetas[0].items);
}
