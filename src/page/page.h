/* SPDX-License-Identifier: MIT */
/** @file page.h  What the files of room `page` share. */
#ifndef SPINODAL_SRC_PAGE_PAGE_H
#define SPINODAL_SRC_PAGE_PAGE_H

#include <spinodal/page.h>

/* ---- Files of the page, put into the library by cmake/SpinodalAssets.cmake -------------------------- */

/** Texts, ended by 0. */
extern const unsigned char
    spni_asset_frame[]; /**< assets/frame.html: what stands around everything */
extern const unsigned char spni_asset_style[];  /**< uPlot's and assets/page.css */
extern const unsigned char spni_asset_script[]; /**< uPlot, and all of assets/ *.js in one scope */

/* ---- Packing ---------------------------------------------------------------------------------------- */

/** Numbers of one column as a text: for each number the difference, as integers in the order of the numbers, between
 *  its bits and those that the polynomial through the `order` numbers before it predicts, written so that small ones are
 *  short (zigzag), byte planes one after the other, deflated, base 64. */
typedef struct spni_packed {
    int64_t order;
    int64_t size;     /**< bytes of `text` */
    const char *text; /**< in the arena */
} spni_packed;

/** Pack `rows` numbers of 8 bytes, `stride` bytes apart from `first` on: doubles, or int64_t. */
spn_status spni_pack(spn_context *context, spn_arena *arena, int64_t rows, const void *first,
                     int64_t stride, bool is_real, spni_packed *out);

/* ---- Text into HTML --------------------------------------------------------------------------------- */

/** Append a text to HTML: & < > " ' as references, so that it is a text wherever it stands. */
void spni_html_text(spn_text *html, const char *text);

/** A sink before `inner` for JSON in a <script>: "<", which is in strings only, becomes \u003c, so that nothing ends the
 *  element. */
typedef struct spni_script_sink {
    spn_sink inner;
} spni_script_sink;
spn_sink spni_sink_script(spni_script_sink *state);

/* ---- Parts of the page ------------------------------------------------------------------------------ */

/** The numbers of a source, packed. A column without a text was left out. */
typedef struct spni_bundle {
    const spn_page_source *source;
    spni_packed **tables; /**< for each table of the results its columns */
    spni_packed **arrays; /**< for each array its columns */
    int64_t *strides;     /**< of arrays: every how-manieth row is there; 0: none */
} spni_bundle;

/** Pack what is never left out. Adds its bytes to *size. */
spn_status spni_bundle_make(spn_context *context, spn_arena *arena, const spn_page_source *source,
                            spni_bundle *out, int64_t *size);
/** And what may be left out, as long as it fits into *left bytes, which get fewer. */
spn_status spni_bundle_fill(spn_context *context, spn_arena *arena, spni_bundle *bundle,
                            int64_t *left);
/** The source as an object of JSON. */
spn_status spni_bundle_write(spn_context *context, spn_json *json, const spni_bundle *bundle);

/** The transitions of all sources whose kind has any: run r is the r-th of these. */
typedef struct spni_told {
    spn_transitions *transitions;
    spn_told_file *files; /**< one a run */
    int64_t runs;
} spni_told;
/** Find them. Always followed by spni_told_free(), which takes one of zeros, too. */
spn_status spni_tell(spn_context *context, int64_t count, const spn_page_source *sources,
                     spni_told *told);
void spni_told_free(spn_context *context, spni_told *told);

/** What is said of all sources before anything is drawn, as HTML, behind the headline (NULL: none). */
spn_status spni_write_answer(spn_context *context, spn_text *html, const char *headline,
                             int64_t count, const spn_page_source *sources, const spni_told *told);

/** Their transitions, as `spinodal transitions --json` prints them; an empty object where no kind has any. */
spn_status spni_write_transitions(spn_context *context, spn_sink sink, const spni_told *told);

#endif
