/* SPDX-License-Identifier: MIT */
/* Heights over a plane: for each level a row of the page, a contour map on the left and the surface on the
 * right. Lengths in inches, as in panels.c. */
#include "plot/script.h"

#include <stdio.h>

#define PAGE_WIDTH 7.0
#define ROW_HEIGHT 2.55
#define PAGE_TOP 0.05
#define PAGE_BOTTOM 0.10
#define MAP_LEFT 0.62
#define MAP_RIGHT 2.95
#define MAP_TOP 0.27
#define MAP_BOTTOM 0.42
#define BAR_LEFT 3.03
#define BAR_WIDTH 0.09
#define SURFACE_LEFT 3.7
#define CONTOURS 14

/* viridis (Smith and van der Walt, CC0), nine of its colours: even in lightness, safe for any colour vision. */
static const char palette[] =
    "set palette defined (0 '#440154', 1 '#472D7B', 2 '#3B528B', 3 '#2C728E', 4 '#21918C', 5 "
    "'#28AE80', 6 '#5EC962', 7 '#ADDC30', 8 '#FDE725')\n";

void spni_put_map_data(spn_text *text, const spn_figure *figure)
{
    const spn_map *map = figure->map;
    spn_text_put(
        text,
        "# Data of %s.gp: for each level a block of the grid, its rows apart by a blank line, and "
        "a block of marks;\n"
        "# two blank lines between blocks. Columns: x, y, height.\n",
        figure->name);
    for (int64_t k = 0; k < map->level_count; k++) {
        const spn_map_level *level = &map->levels[k];
        spn_text_put(text, "%s# index %lld: ", k > 0 ? "\n\n" : "", (long long)(2 * k));
        spni_put_comment(text, level->title);
        for (int64_t row = 0; row < map->rows; row++) {
            spn_text_add(text, "\n");
            for (int64_t column = 0; column < map->columns; column++) {
                spn_text_put(text, "%s %s %s\n", REAL(map->x[column]), REAL(map->y[row]),
                             REAL(level->z[row * map->columns + column]));
            }
        }
        spn_text_put(text,
                     "\n"
                     "\n"
                     "# index %lld: marks\n",
                     (long long)(2 * k + 1));
        for (int64_t i = 0; i < map->mark_count; i++) {
            spn_text_put(text, "%s %s %s\n", REAL(map->marks[i].x), REAL(map->marks[i].y),
                         REAL(level->mark_z[i]));
        }
    }
}

static double page_height(const spn_map *map)
{
    return PAGE_TOP + PAGE_BOTTOM + ROW_HEIGHT * (double)map->level_count;
}

static void put_range(spn_text *text, const char *axis, double low, double high)
{
    spn_text_put(text, "set %srange [%s:%s]\n", axis, REAL(low), REAL(high));
}

static void put_axes(spn_text *text, const spn_figure *figure, const spn_map_level *level)
{
    const spn_map *map = figure->map;
    put_range(text, "x", map->x[0], map->x[map->columns - 1]);
    put_range(text, "y", map->y[0], map->y[map->rows - 1]);
    put_range(text, "z", level->z_low, level->z_high);
    put_range(text, "cb", level->z_low, level->z_high);
}

/* Contours lie close together near the bottom, where a surface is flat: their heights go as squares. */
static void put_contours(spn_text *text, const spn_map_level *level)
{
    spn_text_add(text, "set contour base\n"
                       "set cntrparam levels discrete ");
    for (int i = 1; i < CONTOURS; i++) {
        const double share = (double)i / CONTOURS;
        spn_text_put(text, "%s%s", i > 1 ? "," : "",
                     REAL(level->z_low + share * share * (level->z_high - level->z_low)));
    }
    spn_text_add(text, "\n");
}

/* Their names stand beside the marks, on the side that has room. */
static void put_names(spn_text *text, const spn_map *map)
{
    for (int64_t i = 0; i < map->mark_count; i++) {
        if (map->marks[i].label == NULL) {
            continue;
        }
        char what[32];
        const double middle = (map->x[0] + map->x[map->columns - 1]) / 2;
        snprintf(what, sizeof what, "label %lld", (long long)(i + 10));
        spni_put_label(text, what, map->marks[i].label,
                       "at %s, %s %s,0.5 front tc rgb '#ffffff' font KEYFONT",
                       REAL(map->marks[i].x), REAL(map->marks[i].y),
                       map->marks[i].x > middle ? "right offset -0.7" : "left offset 0.7");
    }
}

static void put_map(spn_text *text, const spn_figure *figure, int64_t k)
{
    const spn_map *map = figure->map;
    const spn_map_level *level = &map->levels[k];
    const double height = page_height(map), top = height - PAGE_TOP - ROW_HEIGHT * (double)k;
    spn_text_put(text,
                 "# (%c) contour map\n"
                 "set view map\n"
                 "set pm3d noborder\n"
                 "set border 4095 lw 0.6\n"
                 "set origin 0,0\n"
                 "set size 1,1\n"
                 "unset label\n"
                 "set lmargin at screen %s\n"
                 "set rmargin at screen %s\n"
                 "set tmargin at screen %s\n"
                 "set bmargin at screen %s\n",
                 (char)('a' + 2 * k), LENGTH(MAP_LEFT / PAGE_WIDTH), LENGTH(MAP_RIGHT / PAGE_WIDTH),
                 LENGTH((top - MAP_TOP) / height),
                 LENGTH((top - ROW_HEIGHT + MAP_BOTTOM) / height));
    put_axes(text, figure, level);
    put_contours(text, level);
    spni_put_label(text, "label 1", level->title, "at screen %s, screen %s center",
                   LENGTH((MAP_LEFT + MAP_RIGHT) / 2 / PAGE_WIDTH), LENGTH((top - 0.14) / height));
    spni_put_letter(text, "label 2", 2 * k, 0.06 / PAGE_WIDTH, (top - 0.14) / height);
    put_names(text, map);
    spni_put_label(text, "xlabel", figure->x_label, "offset 0,0.4");
    spni_put_label(text, "ylabel", map->y_label, "offset 1,0 rotate by 90");
    spni_put_label(text, "cblabel", map->z_label, "offset -0.6,0 font KEYFONT");
    spn_text_put(
        text,
        "set zlabel ''\n"
        "set colorbox user origin %s,%s size %s,%s\n"
        "set xtics auto offset 0,0.2 font KEYFONT\n"
        "set ytics auto offset 0,0 font KEYFONT\n"
        "splot data_file index %lld using 1:2:3 with pm3d nocontour, \\\n"
        "      data_file index %lld using 1:2:3 with lines nosurface lc rgb '#ffffff' lw 0.5, \\\n"
        "      data_file index %lld using 1:2:3 with points nocontour pt 7 ps PS*0.62 lc rgb "
        "'#ffffff', \\\n"
        "      data_file index %lld using 1:2:3 with points nocontour pt 7 ps PS*0.42 lc rgb "
        "'#D55E00'\n",
        LENGTH(BAR_LEFT / PAGE_WIDTH), LENGTH((top - ROW_HEIGHT + MAP_BOTTOM) / height),
        LENGTH(BAR_WIDTH / PAGE_WIDTH), LENGTH((ROW_HEIGHT - MAP_BOTTOM - MAP_TOP) / height),
        (long long)(2 * k), (long long)(2 * k), (long long)(2 * k + 1), (long long)(2 * k + 1));
}

/* Steps that leave about 40 lines of the grid to draw. */
static int64_t thin(int64_t count)
{
    return count > 40 ? count / 40 : 1;
}

/* Points that stand behind a surface would be hidden by it: they are drawn on top, in the same view. */
static void put_surface_marks(spn_text *text, int64_t k)
{
    spn_text_put(
        text,
        "unset border\n"
        "unset xtics\n"
        "unset ytics\n"
        "unset ztics\n"
        "unset xlabel\n"
        "unset ylabel\n"
        "unset zlabel\n"
        "unset label\n"
        "splot data_file index %lld using 1:2:3 with points pt 7 ps PS*0.62 lc rgb '#ffffff', \\\n"
        "      data_file index %lld using 1:2:3 with points pt 7 ps PS*0.42 lc rgb '#D55E00'\n",
        (long long)(2 * k + 1), (long long)(2 * k + 1));
}

static void put_surface(spn_text *text, const spn_figure *figure, int64_t k)
{
    const spn_map *map = figure->map;
    const spn_map_level *level = &map->levels[k];
    const double height = page_height(map), top = height - PAGE_TOP - ROW_HEIGHT * (double)k;
    spn_text_put(text,
                 "# (%c) surface\n"
                 "set view 42,330,1.0,1.25\n"
                 "set border 895 lw 0.6\n"
                 "set xyplane at %s\n"
                 "unset contour\n"
                 "unset colorbox\n"
                 "unset label\n"
                 "set pm3d depthorder border lc rgb '#444444' lw 0.12\n"
                 "set lmargin 0\n"
                 "set rmargin 0\n"
                 "set tmargin 0\n"
                 "set bmargin 0\n"
                 "set origin %s,%s\n"
                 "set size %s,%s\n",
                 (char)('b' + 2 * k), REAL(level->z_low), LENGTH(SURFACE_LEFT / PAGE_WIDTH),
                 LENGTH((top - ROW_HEIGHT) / height),
                 LENGTH((PAGE_WIDTH - SURFACE_LEFT) / PAGE_WIDTH), LENGTH(ROW_HEIGHT / height));
    spni_put_letter(text, "label 2", 2 * k + 1, (SURFACE_LEFT + 0.05) / PAGE_WIDTH,
                    (top - 0.14) / height);
    /* the map beside it says what they are, the bar of its colours what is up */
    spni_put_label(text, "xlabel", "{/:Italic u}", "offset 0,-0.2");
    spni_put_label(text, "ylabel", "{/:Italic v}", "offset 0,-0.2");
    spn_text_put(text,
                 "set xtics auto offset 0,-0.3 font KEYFONT\n"
                 "set ytics auto offset 0,-0.3 font KEYFONT\n"
                 "set ztics auto font KEYFONT\n"
                 "splot data_file index %lld every %lld:%lld using 1:2:3 with pm3d\n",
                 (long long)(2 * k), (long long)thin(map->columns), (long long)thin(map->rows));
    put_surface_marks(text, k);
}

void spni_put_map_script(spn_text *text, const spn_figure *figure)
{
    const spn_map *map = figure->map;
    spni_put_terminals(text, figure->name, PAGE_WIDTH, page_height(map));
    spn_text_add(text, "set multiplot\n"
                       "set cntrlabel onecolor\n"
                       "if (GPVAL_VERSION >= 5.4) { set pm3d clip z }\n"
                       "set tics scale 0.5,0.25 font KEYFONT\n"
                       "unset key\n"
                       "set format '%g'\n");
    spn_text_add(text, palette);
    for (int64_t k = 0; k < map->level_count; k++) {
        put_map(text, figure, k);
        put_surface(text, figure, k);
    }
    spn_text_add(text, "unset multiplot\n"
                       "unset output\n"
                       "}\n");
}
