/* SPDX-License-Identifier: MIT */
/** @file yaml.h  A YAML document as a tree with source positions; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_YAML_H
#define SPINODAL_SRC_STUDY_YAML_H

#include <spinodal/base.h>

typedef struct spni_yaml_node spni_yaml_node;

typedef struct spni_yaml_pair {
    const char *key;
    spn_source source; /**< of the key */
    const spni_yaml_node *node;
} spni_yaml_pair;

/** A scalar or a list (of scalars or lists) is a value; a mapping has pairs. */
struct spni_yaml_node {
    bool is_map;
    spn_value value; /**< when not a map; its source is the node's */
    int64_t count;   /**< pairs of a map */
    const spni_yaml_pair *pairs;
};

/** Parse one YAML document. `name` is used in messages; everything is taken from the arena. Refused, with
 *  line and column: syntax errors, duplicate keys, several documents, anchors, aliases and tags,
 *  mappings inside lists, nesting deeper than 16. An empty document is an empty mapping. */
spn_status spni_yaml_parse(spn_context *context, spn_arena *arena, const char *name,
                           const char *text, int64_t size, const spni_yaml_node **root);

#endif
