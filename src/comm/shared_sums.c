/* SPDX-License-Identifier: MIT */
/* Ranks that share samples (spn_farm, is_sharded): all calls are made by all ranks together, for their jobs are the same. Nodes of sums
 * travel: each rank adds up a share of the numbers of all rows, in pairs, and gives it to all. */
#include "comm/ranks.h"

#include <string.h>

/* The place of rank q's share of `numbers`. */
static int64_t place_of(const ranks *r, int64_t numbers, int64_t q)
{
    const int64_t size = r->farm->size;
    return numbers / size * q + numbers % size * q / size;
}

/* Rows of `numbers` that lie `stride` apart, as one. */
static MPI_Datatype rows_of(int64_t rows, int64_t numbers, int64_t stride)
{
    MPI_Datatype type;
    MPI_Type_vector((int)rows, (int)numbers, (int)stride, MPI_DOUBLE, &type);
    MPI_Type_commit(&type);
    return type;
}

/* Rows of rank q. */
static int64_t rows_from(const spn_farm_sum *sum, int64_t q)
{
    return spn_pairs_nodes(sum->begin[q], sum->begin[q + 1]);
}

/* Numbers that this rank gets from others for its share of `own`. */
static int64_t count_foreign(const ranks *r, const spn_farm_sum *sum, int64_t own)
{
    int64_t rows = 0;
    for (int64_t q = 0; q < r->farm->size; q++) {
        rows += q != r->farm->rank ? rows_from(sum, q) : 0;
    }
    return rows * own;
}

/* Each rank gets its share of the numbers, of the rows of all others. */
static void trade_rows(ranks *r, const spn_farm_sum *sum, double *here)
{
    const int64_t rank = r->farm->rank, size = r->farm->size;
    const int64_t own = place_of(r, sum->numbers, rank + 1) - place_of(r, sum->numbers, rank);
    int count = 0;
    comm_enter(r);
    for (int64_t q = 0; q < size; q++) {
        const int64_t begin = place_of(r, sum->numbers, q);
        const int64_t its = place_of(r, sum->numbers, q + 1) - begin;
        if (q == rank) {
            continue;
        }
        MPI_Datatype from = rows_of(rows_from(sum, rank), its, sum->stride);
        MPI_Datatype to = rows_of(rows_from(sum, q), own, own);
        MPI_Irecv(here, 1, to, (int)q, 0, r->world, &r->requests[count++]);
        MPI_Isend(sum->row + begin, 1, from, (int)q, 0, r->world, &r->requests[count++]);
        MPI_Type_free(&from); /* once they are sent */
        MPI_Type_free(&to);
        here += rows_from(sum, q) * own;
    }
    comm_leave(r);
    comm_wait_for_flow(r, count, r->requests);
}

/* Numbers of rank q to all. */
static void spread(ranks *r, double *numbers, int64_t count, int q)
{
    MPI_Request request;
    comm_enter(r);
    MPI_Ibcast(numbers, (int)count, MPI_DOUBLE, q, r->world, &request);
    comm_leave(r);
    comm_wait_for_flow(r, 1, &request);
}

/* This rank's share of the numbers, of its own rows and those of others. */
static void add_share(const ranks *r, const spn_farm_sum *sum, double *here)
{
    const int64_t begin = place_of(r, sum->numbers, r->farm->rank);
    const int64_t own = place_of(r, sum->numbers, r->farm->rank + 1) - begin;
    spn_pairs pairs;
    spn_pairs_begin(&pairs, sum->begin[0], own);
    for (int64_t q = 0; q < r->farm->size; q++) {
        const bool is_own = q == r->farm->rank;
        double *row = is_own ? sum->row + begin : here;
        while (pairs.next < sum->begin[q + 1]) {
            spn_pairs_add(&pairs, spn_pairs_level(pairs.next, sum->begin[q + 1]), row);
            row += is_own ? sum->stride : own;
        }
        here = is_own ? here : row;
    }
    memcpy(sum->sum + begin, spn_pairs_total(&pairs), (size_t)own * sizeof *sum->sum);
}

/* All shares of the numbers to all. */
static void put_together(ranks *r, int64_t numbers, double *sum)
{
    MPI_Request request;
    for (int64_t q = 0; q < r->farm->size; q++) {
        r->places[q] = (int)place_of(r, numbers, q);
        r->counts[q] = (int)place_of(r, numbers, q + 1) - r->places[q];
    }
    comm_enter(r);
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, sum, r->counts, r->places, MPI_DOUBLE,
                    r->world, &request);
    comm_leave(r);
    comm_wait_for_flow(r, 1, &request);
}

static spn_status add_up(spn_context *context, spn_farm *farm, spn_status status,
                         const spn_farm_sum *sum)
{
    ranks *r = farm->state;
    const int64_t own =
        place_of(r, sum->numbers, farm->rank + 1) - place_of(r, sum->numbers, farm->rank);
    double *here = NULL;
    if (status == SPN_OK) {
        here = spn_allocate(context, count_foreign(r, sum, own), sizeof *here);
        status = here == NULL ? SPN_ERROR_MEMORY : SPN_OK;
    }
    SPN_TRY(comm_meet(context, r, status, MEET_SUM, sum->key));
    trade_rows(r, sum, here);
    add_share(r, sum, here);
    put_together(r, sum->numbers, sum->sum);
done:
    spn_release(context, here);
    return status;
}

static spn_status collect(spn_context *context, spn_farm *farm, spn_status status,
                          const spn_farm_parts *parts)
{
    ranks *r = farm->state;
    SPN_TRY(comm_meet(context, r, status, MEET_COLLECT, parts->rows));
    for (int q = 0; q < (int)farm->size; q++) {
        const int64_t count = parts->begin[q + 1] - parts->begin[q];
        MPI_Request request;
        comm_enter(r);
        MPI_Datatype part = rows_of(parts->rows, count, parts->stride);
        MPI_Ibcast(parts->numbers + parts->begin[q], 1, part, q, r->world, &request);
        MPI_Type_free(&part); /* once they are there */
        comm_leave(r);
        comm_wait_for_flow(r, 1, &request);
    }
done:
    return status;
}

static spn_status receive_pieces(spn_context *context, spn_farm *farm, spn_status status,
                                 int64_t count, const spn_farm_piece *pieces)
{
    ranks *r = farm->state;
    SPN_TRY(comm_meet(context, r, status, MEET_RECEIVE, count));
    for (int64_t i = 0; i < count && farm->rank > 0; i++) {
        MPI_Request request;
        comm_enter(r);
        MPI_Irecv(pieces[i].numbers, (int)pieces[i].count, MPI_DOUBLE, (int)farm->rank - 1, 0,
                  r->world, &request);
        comm_leave(r);
        comm_wait_for(r, 1, &request);
    }
done:
    return status;
}

static spn_status pass_pieces(spn_context *context, spn_farm *farm, spn_status status,
                              int64_t count, const spn_farm_piece *pieces)
{
    ranks *r = farm->state;
    for (int64_t i = 0; i < count && farm->rank + 1 < farm->size && !r->has_agreed; i++) {
        MPI_Request request;
        comm_enter(r);
        MPI_Isend(pieces[i].numbers, (int)pieces[i].count, MPI_DOUBLE, (int)farm->rank + 1, 0,
                  r->world, &request);
        comm_leave(r);
        comm_wait_for(r, 1, &request);
    }
    SPN_TRY(comm_meet(context, r, status, MEET_PASS, count));
    for (int64_t i = 0; i < count; i++) {
        spread(r, pieces[i].numbers, pieces[i].count, (int)farm->size - 1);
    }
done:
    return status;
}

void comm_share_samples(spn_farm *farm)
{
    farm->sum = add_up;
    farm->collect = collect;
    farm->receive = receive_pieces;
    farm->pass = pass_pieces;
}
