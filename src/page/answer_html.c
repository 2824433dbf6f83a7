/* SPDX-License-Identifier: MIT */
/* What the page says before it draws: the answer of each run, in the program's own sentences; and all transitions as the
 * program prints them. */
#include "page/page.h"

#include <math.h>
#include <string.h>

/* ---- The transitions of all sources -------------------------------------------------------------- */

static spn_status add_source(spn_context *context, const spn_page_source *source, spni_told *told)
{
    spn_status status = SPN_OK;
    double from = (double)INFINITY, to = -(double)INFINITY;
    spn_told_file *file = &told->files[told->runs];
    *file = (spn_told_file){.path = source->path,
                            .norm = spn_text_norm(source->results),
                            .facts = spn_run_facts_of(source->results)};
    SPN_TRY(
        spn_add_transitions(context, source->kind, source->results, told->transitions, &from, &to));
    SPN_TRY(spn_results_claim(context, source->kind, source->results, told->transitions, told->runs,
                              &file->claim));
    told->runs++;
done:
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", source->path);
    }
    return status;
}

spn_status spni_tell(spn_context *context, int64_t count, const spn_page_source *sources,
                     spni_told *told)
{
    spn_status status = SPN_OK;
    *told = (spni_told){.runs = 0};
    SPN_NEW(context, told->files, count);
    SPN_TRY(spn_transitions_create(context, &told->transitions));
    for (int64_t i = 0; i < count; i++) {
        if (sources[i].kind->add_transitions != NULL) {
            SPN_TRY(add_source(context, &sources[i], told));
        }
    }
done:
    return status;
}

void spni_told_free(spn_context *context, spni_told *told)
{
    for (int64_t i = 0; i < told->runs; i++) {
        spn_release(context, told->files[i].claim.rows);
    }
    spn_transitions_free(context, told->transitions);
    spn_release(context, told->files);
    *told = (spni_told){.runs = 0};
}

spn_status spni_write_transitions(spn_context *context, spn_sink sink, const spni_told *told)
{
    spn_status status = SPN_OK;
    const spn_transition_group *groups = NULL;
    int64_t count = 0;
    spn_json json;
    spn_json_begin(&json, context, sink);
    if (told->runs > 0) {
        SPN_TRY(spn_transitions_group(context, told->transitions, &groups, &count));
        spn_transitions_json(&json, told->transitions, told->files, count, groups, &(spn_shown){0});
    } else {
        spn_json_begin_object(&json, NULL);
        spn_json_end_object(&json);
    }
    status = spn_json_end_document(&json);
done:
    return status;
}

/* ---- Sentences ----------------------------------------------------------------------------------- */

static void put_element(spn_text *html, const char *tag, const char *text)
{
    spn_text_put(html, "<%s>", tag);
    spni_html_text(html, text);
    spn_text_put(html, "</%s>\n", tag);
}

/* A page can write what a terminal spells: |theta|^2. */
static void put_sentence(spn_text *html, const char *tag, char *sentence)
{
    static const struct {
        const char *spelt, *written;
    } signs[] = {{"|theta|", "|θ|"}, {"|^2", "|²"}};
    /* What is written is no longer than what was spelt. */
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t spelt = strlen(signs[i].spelt), written = strlen(signs[i].written);
        for (char *at = strstr(sentence, signs[i].spelt); at != NULL;
             at = strstr(at, signs[i].spelt)) {
            memcpy(at, signs[i].written, written);
            memmove(at + written, at + spelt, strlen(at + spelt) + 1);
            at += written;
        }
    }
    put_element(html, tag, sentence);
}

/* The lines of a text, each in an element of its own: the first one in `first`, the others in paragraphs. */
static void put_lines(spn_text *html, char *text, const char *first)
{
    const char *tag = first;
    for (char *at = text, *end = NULL; at != NULL && *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        end += *end == '\n' ? (*end = '\0', 1) : 0;
        if (*at != '\0') {
            put_sentence(html, tag, at);
            tag = "p";
        }
    }
}

/* Its name, its kind, and what keeps it from being taken at its word. */
static void put_source(spn_text *html, const spn_page_source *source)
{
    const char *fault = spn_kind_fault(source->kind, source->results);
    spn_text_add(html, "<p class=\"source\"><b>");
    spni_html_text(html, source->path);
    spn_text_add(html, "</b> <span class=\"kind\">");
    spni_html_text(html, source->results->kind);
    spn_text_add(html, "</span>");
    if (fault != NULL) {
        spn_text_add(html, " <strong class=\"fault\">Its check failed: ");
        spni_html_text(html, fault);
        spn_text_add(html, ".</strong>");
    }
    spn_text_add(html, "</p>\n");
}

/* The answer of a run in sentences: how many phases, where they change, of which order, how sure. */
static spn_status put_answer(spn_context *context, spn_text *html, const spni_told *told,
                             int64_t run, const char *heading)
{
    spn_status status = SPN_OK;
    spn_text text = {.context = context, .norm = told->files[run].norm};
    spn_answer answer;
    SPN_TRY(spn_transitions_answer(context, told->transitions, run, &answer));
    spn_answer_put(&text, &answer, &told->files[run].facts, &(spn_shown){0});
    SPN_TRY(text.status);
    put_lines(html, text.buffer.text, heading);
done:
    spn_text_end(&text);
    return status;
}

/* Of a kind without transitions what it shows in words, then what its command says. */
static spn_status put_summary(spn_context *context, spn_text *html, const spn_page_source *source,
                              const char *heading)
{
    spn_status status = SPN_OK;
    spn_text text = {.context = context}, words = {.context = context};
    const spn_report report = {.words = &words, .summary = &text};
    SPN_TRY(spn_kind_report(context, source->kind, source->results, source->path, &report));
    put_lines(html, words.buffer.text, heading);
    if (text.buffer.text != NULL) {
        put_element(html, "pre", text.buffer.text);
    }
done:
    spn_text_end(&words);
    spn_text_end(&text);
    return status;
}

spn_status spni_write_answer(spn_context *context, spn_text *html, const char *headline,
                             int64_t count, const spn_page_source *sources, const spni_told *told)
{
    spn_status status = SPN_OK;
    int64_t run = 0;
    char *lines = NULL;
    if (headline != NULL) {
        const size_t size = strlen(headline) + 1;
        SPN_NEW(context, lines, (int64_t)size);
        memcpy(lines, headline, size);
        put_lines(html, lines, "h1");
    }
    for (int64_t i = 0; i < count; i++) {
        const char *heading = i == 0 && headline == NULL ? "h1" : "h2";
        put_source(html, &sources[i]);
        if (sources[i].kind->add_transitions != NULL) {
            SPN_TRY(put_answer(context, html, told, run++, heading));
        } else {
            SPN_TRY(put_summary(context, html, &sources[i], heading));
        }
    }
    status = html->status;
done:
    spn_release(context, lines);
    return status;
}
