/* SPDX-License-Identifier: MIT */
/* What the checks of kinds share. */
#include <spinodal/kind.h>

bool spn_find_columns(const spn_table *table, int64_t count, const char *const *names,
                      int64_t *columns)
{
    for (int64_t i = 0; i < count; i++) {
        columns[i] = table != NULL ? spn_table_find(table, names[i]) : -1;
        if (columns[i] < 0) {
            return false;
        }
    }
    return true;
}

bool spn_rows_are(const spn_results *results, const char *table, const char *column,
                  bool (*is_wanted)(int64_t value))
{
    int64_t index = -1;
    const spn_table *found = spn_results_table(results, table);
    bool is_good = spn_find_columns(found, 1, &column, &index);
    for (int64_t row = 0; is_good && row < found->rows; row++) {
        is_good = is_wanted(spn_table_integer(found, row, index));
    }
    return is_good;
}

const char *spn_kind_fault(const spn_kind *kind, const spn_results *results)
{
    return kind == NULL || kind->passes == NULL || kind->passes(results) ? NULL : kind->fault;
}
