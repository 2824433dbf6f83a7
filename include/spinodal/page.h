/* SPDX-License-Identifier: MIT */
/** @file page.h  Room `page`: results as one interactive page of HTML.
 *
 *  The page is one file that works from a disk: its program, its styles and the data are in it, and it asks the network
 *  for nothing. What it draws of a kind is said by the kind's row (spn_curves); tables that no curves are drawn of are
 *  shown and can be downloaded. Numbers are packed exactly: every column is predicted from its last values, and only
 *  what the prediction misses is kept (docs/page.md). */
#ifndef SPINODAL_PAGE_H
#define SPINODAL_PAGE_H

#include <spinodal/kind.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Results of one file. */
typedef struct spn_page_source {
    const char *path; /**< shown as their name, and in commands that the page suggests */
    const spn_results *results;
    const spn_kind *kind;
} spn_page_source;

typedef struct spn_page_settings {
    bool is_forced; /**< replace a file that is there */
    const char *
        headline; /**< lines in front of everything, of a run that goes on: how far it is; NULL: none */
    int64_t size; /**< bytes that the page should not exceed; 0: 5,000,000 */
    int64_t
        refresh; /**< seconds after which a browser reads the page again, of a run that goes on; 0: never */
} spn_page_settings;

/** Write the page of all `sources` to `path` ("-": the standard output): whole or not at all. What does not fit into
 *  the size is left out and named on the page: first weights of points, then columns that are not drawn; columns that are
 *  drawn and whatever is smaller than a thousandth of the page are never left out. SPN_ERROR_INPUT, with the path in
 *  front, where results are not what their kind holds. Memory: the page, and twice its numbers. */
spn_status spn_page_write(spn_context *context, const char *path, int64_t count,
                          const spn_page_source *sources, const spn_page_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
