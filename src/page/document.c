/* SPDX-License-Identifier: MIT */
/* The page: assets/frame.html, whose marks <!--spinodal:NAME--> give way to what NAME says. */
#include "page/page.h"

#include <spinodal/base/version.h>
#include <string.h>

enum { SIZE = 5000000 };

/* What is written, and where. */
typedef struct document {
    spn_context *context;
    spn_output *output;
    spn_arena *arena;
    int64_t count;
    const spn_page_source *sources;
    spni_told told;
    const char *headline; /* this and the others as in the settings */
    int64_t size, refresh;
} document;

typedef struct part {
    const char *name;
    spn_status (*write)(document *page);
} part;

static const char *text_of(const unsigned char *asset)
{
    return (const char *)asset;
}

static spn_status put(document *page, const char *text)
{
    return spn_output_write(page->context, page->output, text, (int64_t)strlen(text));
}

static spn_status put_style(document *page)
{
    return put(page, text_of(spni_asset_style));
}

static spn_status put_script(document *page)
{
    return put(page, text_of(spni_asset_script));
}

static spn_status put_html(document *page, spn_text *html)
{
    spn_status status = html->status;
    if (status == SPN_OK && html->buffer.text != NULL) {
        status = put(page, html->buffer.text);
    }
    spn_text_end(html);
    return status;
}

static spn_status put_title(document *page)
{
    spn_text html = {.context = page->context};
    spni_html_text(&html, page->sources[0].path);
    if (page->count > 1) {
        spn_text_put(&html, " and %lld more", (long long)page->count - 1);
    }
    return put_html(page, &html);
}

static spn_status put_refresh(document *page)
{
    spn_text html = {.context = page->context};
    if (page->refresh > 0) {
        spn_text_put(&html, "<meta http-equiv=\"refresh\" content=\"%lld\">",
                     (long long)page->refresh);
    }
    return put_html(page, &html);
}

static spn_status put_answer(document *page)
{
    spn_text html = {.context = page->context};
    spn_status status = spni_write_answer(page->context, &html, page->headline, page->count,
                                          page->sources, &page->told);
    html.status = html.status == SPN_OK ? status : html.status;
    return put_html(page, &html);
}

static spn_status put_transitions(document *page)
{
    spni_script_sink script = {spn_sink_output(page->output)};
    return spni_write_transitions(page->context, spni_sink_script(&script), &page->told);
}

/* First what every source needs; what may be left out shares the rest, in their order. */
static spn_status pack_all(document *page, spni_bundle *bundles)
{
    spn_status status = SPN_OK;
    int64_t size = (int64_t)(strlen(text_of(spni_asset_frame)) + strlen(text_of(spni_asset_style)) +
                             strlen(text_of(spni_asset_script)));
    for (int64_t i = 0; i < page->count; i++) {
        SPN_TRY(
            spni_bundle_make(page->context, page->arena, &page->sources[i], &bundles[i], &size));
    }
    /* A tenth for what stands around the numbers: names, transitions, the experiment. */
    int64_t left = page->size - page->size / 10 - size;
    for (int64_t i = 0; i < page->count; i++) {
        SPN_TRY(spni_bundle_fill(page->context, page->arena, &bundles[i], &left));
    }
done:
    return status;
}

/* What the order of a transition rests on, in words, by the words of the tables. */
static void write_evidence(spn_json *json)
{
    const spn_columns *columns = &spn_transition_columns;
    spn_json_begin_object(json, "evidence");
    for (int64_t c = 0; c < columns->count; c++) {
        const char *const *words = columns->items[c].words;
        for (int64_t i = 0; strcmp(columns->items[c].name, "evidence") == 0 && words[i] != NULL;
             i++) {
            spn_json_text(json, words[i], spn_evidence_text(i));
        }
    }
    spn_json_end_object(json);
}

static spn_status put_data(document *page)
{
    spn_status status = SPN_OK;
    spni_bundle *bundles = NULL;
    spni_script_sink script = {spn_sink_output(page->output)};
    spn_json json;
    SPN_TAKE(page->context, page->arena, bundles, page->count);
    SPN_TRY(pack_all(page, bundles));
    spn_json_begin(&json, page->context, spni_sink_script(&script));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "program", "spinodal " SPN_VERSION);
    write_evidence(&json);
    spn_json_begin_list(&json, "results");
    for (int64_t i = 0; i < page->count; i++) {
        SPN_TRY(spni_bundle_write(page->context, &json, &bundles[i]));
    }
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    status = spn_json_end_document(&json);
done:
    return status;
}

static const part parts[] = {
    {"title", put_title},     {"style", put_style},
    {"answer", put_answer},   {"transitions", put_transitions},
    {"data", put_data},       {"script", put_script},
    {"refresh", put_refresh},
};

/* The part whose name stands at `name`, and *end behind its mark. */
static const part *find_part(const char *name, const char **end)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t length = strlen(parts[i].name);
        if (strncmp(name, parts[i].name, length) == 0 && strncmp(name + length, "-->", 3) == 0) {
            *end = name + length + 3;
            return &parts[i];
        }
    }
    return NULL;
}

static spn_status put_frame(document *page)
{
    static const char mark[] = "<!--spinodal:";
    spn_status status = SPN_OK;
    const char *at = text_of(spni_asset_frame);
    for (const char *next = NULL; (next = strstr(at, mark)) != NULL;) {
        SPN_TRY(spn_output_write(page->context, page->output, at, next - at));
        const part *found = find_part(next + sizeof mark - 1, &at);
        if (found == NULL) {
            SPN_FAIL(page->context, SPN_ERROR_ARGUMENT,
                     "the frame of the page has an unknown mark");
        }
        SPN_TRY(found->write(page));
    }
    status = put(page, at);
done:
    return status;
}

spn_status spn_page_write(spn_context *context, const char *path, int64_t count,
                          const spn_page_source *sources, const spn_page_settings *settings)
{
    spn_status status = SPN_OK;
    document page = {.context = context,
                     .count = count,
                     .sources = sources,
                     .size = SIZE,
                     .headline = settings->headline,
                     .refresh = settings->refresh};
    if (count < 1) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "a page needs results");
    }
    if (settings->size > 0) {
        page.size = settings->size;
    }
    SPN_TRY(spn_output_open(context, path, settings->is_forced, &page.output));
    SPN_TRY(spn_arena_create(context, &page.arena));
    SPN_TRY(spni_tell(context, count, sources, &page.told));
    SPN_TRY(put_frame(&page));
    SPN_TRY(spn_output_commit(context, &page.output));
done:
    spni_told_free(context, &page.told);
    spn_arena_free(page.arena);
    spn_output_abandon(context, page.output);
    return status;
}
