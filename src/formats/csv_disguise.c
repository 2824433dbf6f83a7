/* SPDX-License-Identifier: MIT */
/* Numbers as spreadsheets show them, which are words here: "1,234.50", "12 %", "0,5" between commas, "$3". What they mean
 * is not guessed: "1,234" has two readings, and a percent sign may or may not be part of the quantity. */
#include "formats/csv.h"

#include <string.h>

typedef struct scan {
    const char *at, *end;
} scan;

static bool is_digit(const scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* How many digits there are; passes them. */
static int64_t pass_digits(scan *s)
{
    const char *start = s->at;
    while (is_digit(s)) {
        s->at++;
    }
    return s->at - start;
}

static bool pass(scan *s, const char *sign)
{
    const size_t length = strlen(sign);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, sign, length) != 0) {
        return false;
    }
    s->at += length;
    return true;
}

static bool pass_one_of(scan *s, const char *const *signs, const char **found)
{
    for (; *signs != NULL; signs++) {
        if (pass(s, *signs)) {
            *found = *signs;
            return true;
        }
    }
    return false;
}

/* ",234,567": how many groups of three digits, with the sign between them. */
static int64_t pass_groups(scan *s, const char **sign)
{
    /* a no-break space, a thin one and a narrow one */
    static const char *const signs[] = {
        ",", ".", "'", " ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF", NULL};
    int64_t groups = 0;
    for (scan next = *s; groups == 0 ? pass_one_of(&next, signs, sign) : pass(&next, *sign);) {
        if (pass_digits(&next) != 3) {
            break;
        }
        groups++;
        *s = next;
    }
    return groups;
}

/* ",5" or ".5" and an exponent. */
static void pass_rest(scan *s, bool *has_comma, bool *has_point)
{
    scan next = *s;
    *has_comma = pass(&next, ",");
    *has_point = !*has_comma && pass(&next, ".");
    if ((*has_comma || *has_point) && pass_digits(&next) > 0) {
        *s = next;
    } else {
        *has_comma = *has_point = false;
    }
    next = *s;
    if (pass(&next, "e") || pass(&next, "E")) {
        next.at += next.at < next.end && (*next.at == '-' || *next.at == '+');
        if (pass_digits(&next) > 0) {
            *s = next;
        }
    }
}

const char *spni_csv_disguise(const spni_csv_cell *cell)
{
    static const char *const currencies[] = {"$", "€", "£", "¥", NULL};
    static const char *const minus[] = {"-", "+", "−", NULL};
    scan s = {cell->text, cell->text + cell->length};
    const char *sign = NULL, *found = NULL;
    bool has_comma = false, has_point = false;
    pass_one_of(&s, minus, &found);
    bool has_currency = pass_one_of(&s, currencies, &found);
    has_currency = pass(&s, " ") || has_currency;
    const bool is_zero = s.at < s.end && *s.at == '0';
    const int64_t digits = pass_digits(&s);
    const int64_t groups = digits >= 1 && digits <= 3 ? pass_groups(&s, &sign) : 0;
    pass_rest(&s, &has_comma, &has_point);
    while (pass(&s, " ")) {
    }
    const bool is_percent = pass(&s, "%");
    has_currency = pass_one_of(&s, currencies, &found) || has_currency;
    if (s.at != s.end || (digits == 0 && !has_comma && !has_point)) {
        return NULL;
    }
    if (has_currency) {
        return "leave the currency out, and what divides thousands";
    }
    if (is_percent) {
        return "leave the percent sign out in the whole column";
    }
    if (groups == 1 && !has_comma && !has_point && *sign == ',' && !is_zero) {
        return "its comma may be decimal or divide thousands: write a point, or nothing";
    }
    if (groups > 0 && !(groups == 1 && *sign == ',' && is_zero)) {
        return "leave out what divides thousands, and use a decimal point";
    }
    return has_comma || groups > 0 ? "use a decimal point" : NULL;
}
