/* SPDX-License-Identifier: MIT */
#include "study/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16 };

typedef struct reader {
    spn_context *context;
    spn_arena *arena;
    const char *name;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
} reader;

static spn_source source_at(const reader *r, yaml_mark_t mark)
{
    return (spn_source){r->name, (int)mark.line + 1, (int)mark.column + 1};
}

static spn_status fail_at(reader *r, yaml_mark_t mark, const char *what)
{
    return spn_fail(r->context, SPN_ERROR_INPUT, "%s:%d:%d: %s", r->name, (int)mark.line + 1,
                    (int)mark.column + 1, what);
}

static void drop_event(reader *r)
{
    if (r->has_event) {
        yaml_event_delete(&r->event);
        r->has_event = false;
    }
}

static spn_status next_event(reader *r)
{
    drop_event(r);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        if (r->parser.error == YAML_MEMORY_ERROR) {
            return spn_fail(r->context, SPN_ERROR_MEMORY, "out of memory while reading %s",
                            r->name);
        }
        char what[256];
        snprintf(what, sizeof what, "not valid YAML: %s%s%s",
                 r->parser.problem != NULL ? r->parser.problem : "unreadable",
                 r->parser.context != NULL ? ", " : "",
                 r->parser.context != NULL ? r->parser.context : "");
        yaml_mark_t mark = r->parser.problem_mark;
        if (r->parser.error == YAML_READER_ERROR) {
            snprintf(what, sizeof what, "not valid UTF-8 text (byte %zu)",
                     r->parser.problem_offset);
            mark = r->parser.mark;
        }
        return fail_at(r, mark, what);
    }
    r->has_event = true;
    return SPN_OK;
}

static spn_status read_node(reader *r, int depth, spni_yaml_node **out);

static spn_status read_list(reader *r, int depth, spni_yaml_node *node)
{
    spn_status status = SPN_OK;
    spn_value *items = NULL;
    int64_t count = 0, capacity = 0;
    SPN_TRY(next_event(r));
    while (r->event.type != YAML_SEQUENCE_END_EVENT) {
        spni_yaml_node *item = NULL;
        yaml_mark_t mark = r->event.start_mark;
        SPN_TRY(read_node(r, depth + 1, &item));
        if (item->is_map) {
            SPN_TRY(fail_at(r, mark, "a list here may hold numbers, words or lists, not keys"));
        }
        SPN_TRY(spn_grow_in(r->context, r->arena, &items, sizeof *items, count, 1, &capacity));
        items[count++] = item->value;
        SPN_TRY(next_event(r));
    }
    node->value.count = count;
    node->value.items = items;
done:
    return status;
}

static spn_status check_new_key(reader *r, const spni_yaml_pair *pairs, int64_t count,
                                const char *key, yaml_mark_t mark)
{
    for (int64_t i = 0; i < count; i++) {
        if (strcmp(pairs[i].key, key) == 0) {
            char what[160];
            snprintf(what, sizeof what, "key '%.60s' was given before, in line %d", key,
                     pairs[i].source.line);
            return fail_at(r, mark, what);
        }
    }
    return SPN_OK;
}

static spn_status read_map(reader *r, int depth, spni_yaml_node *node)
{
    spn_status status = SPN_OK;
    spni_yaml_pair *pairs = NULL;
    int64_t count = 0, capacity = 0;
    node->is_map = true;
    SPN_TRY(next_event(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        spni_yaml_node *key = NULL, *value = NULL;
        yaml_mark_t mark = r->event.start_mark;
        SPN_TRY(read_node(r, depth + 1, &key));
        if (key->is_map || key->value.scalar == NULL) {
            SPN_TRY(fail_at(r, mark, "a key must be a word"));
        }
        SPN_TRY(check_new_key(r, pairs, count, key->value.scalar, mark));
        SPN_TRY(next_event(r));
        SPN_TRY(read_node(r, depth + 1, &value));
        SPN_TRY(spn_grow_in(r->context, r->arena, &pairs, sizeof *pairs, count, 1, &capacity));
        pairs[count++] = (spni_yaml_pair){key->value.scalar, key->value.source, value};
        SPN_TRY(next_event(r));
    }
    node->count = count;
    node->pairs = pairs;
done:
    return status;
}

static spn_status read_scalar(reader *r, spni_yaml_node *node)
{
    spn_status status = SPN_OK;
    const char *text = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;
    if (strlen(text) != length) {
        SPN_TRY(fail_at(r, r->event.start_mark, "text holds a NUL character"));
    }
    node->value.is_quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->value.scalar = spn_arena_duplicate(r->arena, text);
    if (node->value.scalar == NULL) {
        status = spn_error_status(r->context);
    }
done:
    return status;
}

/* Neither anchors nor tags mean anything here: what seems to say more than it does is refused. */
static spn_status check_plain(reader *r)
{
    const yaml_event_t *event = &r->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    char what[160];
    if (anchor != NULL) {
        snprintf(what, sizeof what, "anchor '&%.60s': anchors and aliases are not supported here",
                 (const char *)anchor);
        return fail_at(r, event->start_mark, what);
    }
    if (tag != NULL) {
        snprintf(what, sizeof what,
                 "tag '%.60s': tags are not supported here; quotes make a word of a number",
                 (const char *)tag);
        return fail_at(r, event->start_mark, what);
    }
    return SPN_OK;
}

/* The current event begins the node; on return the node's last event is current. */
static spn_status read_node(reader *r, int depth, spni_yaml_node **out)
{
    spn_status status = SPN_OK;
    spni_yaml_node *node = NULL;
    yaml_mark_t mark = r->event.start_mark;
    if (depth > MAX_DEPTH) {
        return fail_at(r, mark, "nested too deeply");
    }
    SPN_TRY(check_plain(r));
    SPN_TAKE(r->context, r->arena, node, 1);
    node->value.source = source_at(r, mark);
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        SPN_TRY(read_scalar(r, node));
        break;
    case YAML_SEQUENCE_START_EVENT:
        SPN_TRY(read_list(r, depth, node));
        break;
    case YAML_MAPPING_START_EVENT:
        SPN_TRY(read_map(r, depth, node));
        break;
    default:
        SPN_TRY(fail_at(r, mark, "anchors and aliases (& and *) are not supported here"));
    }
    *out = node;
done:
    return status;
}

/* The event after STREAM-START: a document, or the end of an empty file. */
static spn_status read_document(reader *r, const spni_yaml_node **root)
{
    spn_status status = SPN_OK;
    spni_yaml_node *node = NULL;
    SPN_TRY(next_event(r));
    SPN_TRY(next_event(r));
    if (r->event.type == YAML_STREAM_END_EVENT) {
        SPN_TAKE(r->context, r->arena, node, 1);
        node->is_map = true;
        *root = node;
        goto done;
    }
    SPN_TRY(next_event(r));
    SPN_TRY(read_node(r, 0, &node));
    SPN_TRY(next_event(r));
    SPN_TRY(next_event(r));
    if (r->event.type != YAML_STREAM_END_EVENT) {
        SPN_TRY(fail_at(r, r->event.start_mark, "a second document begins here; only one is read"));
    }
    *root = node;
done:
    return status;
}

spn_status spni_yaml_parse(spn_context *context, spn_arena *arena, const char *name,
                           const char *text, int64_t size, const spni_yaml_node **root)
{
    reader r = {.context = context, .arena = arena, .name = name};
    *root = NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        return spn_fail(context, SPN_ERROR_MEMORY, "out of memory while reading %s", name);
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, (size_t)size);
    spn_status status = read_document(&r, root);
    drop_event(&r);
    yaml_parser_delete(&r.parser);
    return status;
}
