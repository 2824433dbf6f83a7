/* SPDX-License-Identifier: MIT */
/* Plateaus, online: a path is slow where |grad L| is small. Hysteresis by a factor tells an escape from ripples:
 *
 *     slowing: remember the smallest |grad L| and where that was; once it is FACTOR times larger: rising
 *     rising:  remember the largest |grad L|; once it is FACTOR times smaller: that was the escape, slowing
 *
 * Slow places one after the other at one level of E are one plateau: a swing through a valley, rounding
 * around a minimum, noise. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

static const double FACTOR = 2;
/* Levels of E closer than this share of what E covers behind the first slow place are the same: steps of a
 * staircase are drawn one by one down to about a fiftieth of its height. */
static const double SAME_LEVEL = 0.02;
/* The same of what E covers in all: a run that ends in its first plateau covers little behind it but ripples. */
static const double SAME_LEVEL_LEAST = 1e-3;
/* Mini-batches: |grad L| of all samples wanders with theta; passes over which its mean is taken. */
static const double SGD_MEMORY = 10;

enum {
    HEAD_NUMBERS = sizeof(spni_watch_head) / sizeof(double),
    STAY_NUMBERS = sizeof(spni_stay) / sizeof(double)
};

spn_status spni_watch_create(spn_context *context, int64_t n, const spn_grok_settings *settings,
                             const spn_solver_settings *solver, spni_watch *watch)
{
    spn_status status = SPN_OK;
    const spn_path_facts facts = spn_path_describe((spn_path_method)settings->method, solver, 1);
    *watch = (spni_watch){.n = n,
                          .levels = settings->levels.count,
                          .memory = facts.is_stochastic ? SGD_MEMORY : facts.memory,
                          .is_noisy = facts.is_stochastic};
    SPN_NEW(context, watch->reached, watch->levels);
    SPN_NEW(context, watch->thetas, (2 * (SPNI_STAYS_MOST + 1) + 1) * n);
done:
    return status;
}

void spni_watch_free(spn_context *context, spni_watch *watch)
{
    spn_release(context, watch->reached);
    spn_release(context, watch->thetas);
}

double *spni_stay_from(const spni_watch *watch, int64_t stay)
{
    return watch->thetas + 2 * stay * watch->n;
}

double *spni_stay_slowest(const spni_watch *watch, int64_t stay)
{
    return watch->thetas + (2 * stay + 1) * watch->n;
}

static double *peak_of(const spni_watch *watch)
{
    return watch->thetas + (int64_t)2 * (SPNI_STAYS_MOST + 1) * watch->n;
}

static void copy(const spni_watch *watch, double *to, const double *from)
{
    memcpy(to, from, (size_t)watch->n * sizeof *to);
}

static void take_slowest(spni_watch *watch, const spn_stepper_view *view)
{
    spni_watch_head *head = &watch->head;
    int64_t open = (int64_t)head->closed;
    spni_stay *stay = &watch->stays[open];
    stay->epoch_slowest = view->epoch;
    stay->error = spn_point_error(view->point)->value;
    stay->loss = view->value;
    stay->gradient_norm = view->gradient_norm;
    stay->calm = head->mean;
    copy(watch, spni_stay_slowest(watch, open), view->theta);
    if (open == 0) {
        head->low = head->high = stay->error;
    }
}

static void take_place(spni_watch *watch, const spn_stepper_view *view)
{
    watch->head.peak_epoch = view->epoch;
    copy(watch, peak_of(watch), view->theta);
}

static void start_rise(spni_watch *watch, double fall, const spn_stepper_view *view)
{
    watch->head.is_rising = 1;
    watch->head.peak = watch->head.mean;
    watch->head.fall = fall;
    take_place(watch, view);
}

/* The escape is where |grad L| is largest. Noise of mini-batches can exceed that, but does not bring E
 * to a new lowest value by such a step. */
static void follow_rise(spni_watch *watch, double fall, const spn_stepper_view *view)
{
    spni_watch_head *head = &watch->head;
    bool is_place = watch->is_noisy ? fall > head->fall : head->mean > head->peak;
    head->peak = fmax(head->peak, head->mean);
    head->fall = fmax(head->fall, fall);
    if (is_place) {
        take_place(watch, view);
    }
}

static void open_stay(spni_watch *watch, double epoch, const double *from,
                      const spn_stepper_view *view)
{
    int64_t open = (int64_t)watch->head.closed;
    watch->stays[open] = (spni_stay){.epoch_from = epoch, .epoch_to = (double)NAN};
    copy(watch, spni_stay_from(watch, open), from);
    watch->head.is_rising = 0;
    take_slowest(watch, view);
}

/* Stays i and i + 1 become one: the slower place counts. */
static void merge(spni_watch *watch, int64_t i)
{
    spni_stay *first = &watch->stays[i], *second = &watch->stays[i + 1];
    int64_t count = (int64_t)watch->head.closed + 1;
    if (second->calm < first->calm) {
        double from = first->epoch_from;
        *first = *second;
        first->epoch_from = from;
        copy(watch, spni_stay_slowest(watch, i), spni_stay_slowest(watch, i + 1));
    } else {
        first->epoch_to = second->epoch_to;
    }
    for (int64_t k = i + 1; k + 1 < count; k++) {
        watch->stays[k] = watch->stays[k + 1];
        copy(watch, spni_stay_from(watch, k), spni_stay_from(watch, k + 1));
        copy(watch, spni_stay_slowest(watch, k), spni_stay_slowest(watch, k + 1));
    }
    watch->head.closed--;
}

static double gap_at(const spni_watch *watch, int64_t i)
{
    return fabs(watch->stays[i].error - watch->stays[i + 1].error);
}

/* Differences in E up to this are none. */
static double same_level(const spni_watch_head *head)
{
    return fmax(SAME_LEVEL * (head->high - head->low),
                SAME_LEVEL_LEAST * (head->highest - head->lowest));
}

/* Merge neighbours among the first `count` stays that lie at one level; a range that only grows lets a later
 * look merge all that an earlier one did. */
static void merge_levels(spni_watch *watch, int64_t count)
{
    double same = same_level(&watch->head);
    for (int64_t i = 0; i + 1 < count;) {
        if (gap_at(watch, i) <= same) {
            merge(watch, i);
            count--;
        } else {
            i++;
        }
    }
}

static void close_stay(spni_watch *watch, const spn_stepper_view *view)
{
    spni_watch_head *head = &watch->head;
    double epoch = head->peak_epoch;
    watch->stays[(int64_t)head->closed].epoch_to = epoch;
    head->closed++;
    open_stay(watch, epoch, peak_of(watch), view);
    merge_levels(watch, (int64_t)head->closed);
    if ((int64_t)head->closed == SPNI_STAYS_MOST) {
        int64_t closest = 0;
        for (int64_t i = 1; i + 1 < SPNI_STAYS_MOST; i++) {
            closest = gap_at(watch, i) < gap_at(watch, closest) ? i : closest;
        }
        merge(watch, closest);
    }
}

static void widen(spni_watch_head *head, double error, double loss)
{
    head->low = fmin(head->low, error);
    head->high = fmax(head->high, error);
    head->lowest = fmin(head->lowest, error);
    head->highest = fmax(head->highest, error);
    head->loss_low = fmin(head->loss_low, loss);
    head->loss_high = fmax(head->loss_high, loss);
}

void spni_watch_start(spni_watch *watch, const spn_stepper_view *view)
{
    double error = spn_point_error(view->point)->value;
    watch->head = (spni_watch_head){.mean = view->gradient_norm,
                                    .lowest = error,
                                    .highest = error,
                                    .loss_low = view->value,
                                    .loss_high = view->value,
                                    .stability = (double)NAN,
                                    .last_record = -1};
    open_stay(watch, view->epoch, view->theta, view);
}

void spni_watch_step(spni_watch *watch, const spn_stepper_view *view)
{
    spni_watch_head *head = &watch->head;
    double share = watch->memory > 1 ? 1 / watch->memory : 1;
    double error = spn_point_error(view->point)->value, fall = head->lowest - error;
    head->mean += share * (view->gradient_norm - head->mean);
    widen(head, error, view->value);
    double calm = watch->stays[(int64_t)head->closed].calm;
    if (head->is_rising == 0 && head->mean < calm) {
        take_slowest(watch, view);
    } else if (head->is_rising == 0 && head->mean > FACTOR * calm) {
        start_rise(watch, fall, view);
    } else if (head->is_rising != 0 && FACTOR * head->mean >= head->peak) {
        follow_rise(watch, fall, view);
    } else if (head->is_rising != 0) {
        close_stay(watch, view);
    }
}

/* Noise may keep |grad L| from falling by the factor behind an escape; that E has changed its level tells it as well. */
void spni_watch_finish(spni_watch *watch, const spn_stepper_view *view)
{
    const spni_watch_head *head = &watch->head;
    double change =
        fabs(spn_point_error(view->point)->value - watch->stays[(int64_t)head->closed].error);
    if (head->is_rising != 0 && head->peak_epoch < view->epoch && change > same_level(head)) {
        close_stay(watch, view);
    }
    merge_levels(watch, (int64_t)head->closed + 1);
}

static int64_t size_with(int64_t n, int64_t levels, int64_t stays)
{
    return HEAD_NUMBERS + levels + stays * (STAY_NUMBERS + 2 * n) + n;
}

int64_t spni_watch_size(const spni_watch *watch)
{
    return size_with(watch->n, watch->levels, (int64_t)watch->head.closed + 1);
}

int64_t spni_watch_size_most(int64_t n, int64_t levels)
{
    return size_with(n, levels, SPNI_STAYS_MOST + 1);
}

static double *put(double *state, const void *own, int64_t numbers)
{
    memcpy(state, own, (size_t)numbers * sizeof *state);
    return state + numbers;
}

static const double *take(const double *state, void *own, int64_t numbers)
{
    memcpy(own, state, (size_t)numbers * sizeof *state);
    return state + numbers;
}

void spni_watch_pack(const spni_watch *watch, double *state)
{
    int64_t stays = (int64_t)watch->head.closed + 1;
    state = put(state, &watch->head, HEAD_NUMBERS);
    state = put(state, watch->reached, watch->levels);
    state = put(state, watch->stays, stays * STAY_NUMBERS);
    state = put(state, watch->thetas, 2 * stays * watch->n);
    put(state, peak_of(watch), watch->n);
}

bool spni_watch_unpack(spni_watch *watch, const double *state, int64_t size)
{
    if (size < HEAD_NUMBERS) {
        return false;
    }
    spni_watch_head head;
    state = take(state, &head, HEAD_NUMBERS);
    double closed = head.closed;
    if (!(closed >= 0 && closed <= SPNI_STAYS_MOST && closed == floor(closed)) ||
        size != size_with(watch->n, watch->levels, (int64_t)closed + 1)) {
        return false;
    }
    watch->head = head;
    int64_t stays = (int64_t)closed + 1;
    state = take(state, watch->reached, watch->levels);
    state = take(state, watch->stays, stays * STAY_NUMBERS);
    state = take(state, watch->thetas, 2 * stays * watch->n);
    take(state, peak_of(watch), watch->n);
    return true;
}
