/* SPDX-License-Identifier: MIT */
/* Heights over a plane: for each level a row of the page, a contour map on the left and the surface on the
 * right. Lengths in inches, as in script.c. */
#include "plot/pen.h"

#include <math.h>

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

spn_status spni_write_map_data(spn_context *context, const spn_figure *figure, spn_output *output)
{
    spni_pen p = {context, output, SPN_OK};
    const spn_map *map = figure->map;
    PUT(&p,
        "# Data of %s.gp: for each level a block of the grid, its rows apart by a blank line, and "
        "a "
        "block of marks;\n# two blank lines between blocks. Columns: x, y, height.\n",
        figure->name);
    for (int64_t k = 0; k < map->level_count; k++) {
        const spn_map_level *level = &map->levels[k];
        PUT(&p, "%s# index %lld: ", k > 0 ? "\n\n" : "", (long long)(2 * k));
        spni_pen_comment(&p, level->title);
        for (int64_t row = 0; row < map->rows; row++) {
            PUT(&p, "\n");
            for (int64_t column = 0; column < map->columns; column++) {
                spni_pen_real(&p, map->x[column]);
                PUT(&p, " ");
                spni_pen_real(&p, map->y[row]);
                PUT(&p, " ");
                spni_pen_real(&p, level->z[row * map->columns + column]);
                PUT(&p, "\n");
            }
        }
        PUT(&p, "\n\n# index %lld: marks\n", (long long)(2 * k + 1));
        for (int64_t i = 0; i < map->mark_count; i++) {
            spni_pen_real(&p, map->marks[i].x);
            PUT(&p, " ");
            spni_pen_real(&p, map->marks[i].y);
            PUT(&p, " ");
            spni_pen_real(&p, level->mark_z[i]);
            PUT(&p, "\n");
        }
    }
    return p.status;
}

static double page_height(const spn_map *map)
{
    return PAGE_TOP + PAGE_BOTTOM + ROW_HEIGHT * (double)map->level_count;
}

static void put_margin(spni_pen *p, const char *side, double inches, double length)
{
    PUT(p, "set %smargin at screen ", side);
    spni_pen_length(p, inches / length);
    PUT(p, "\n");
}

static void put_range(spni_pen *p, const char *axis, double low, double high)
{
    PUT(p, "set %srange [", axis);
    spni_pen_real(p, low);
    PUT(p, ":");
    spni_pen_real(p, high);
    PUT(p, "]\n");
}

static void put_axes(spni_pen *p, const spn_figure *figure, const spn_map_level *level)
{
    const spn_map *map = figure->map;
    put_range(p, "x", map->x[0], map->x[map->columns - 1]);
    put_range(p, "y", map->y[0], map->y[map->rows - 1]);
    put_range(p, "z", level->z_low, level->z_high);
    put_range(p, "cb", level->z_low, level->z_high);
}

/* Contours lie close together near the bottom, where a surface is flat: their heights go as squares. */
static void put_contours(spni_pen *p, const spn_map_level *level)
{
    PUT(p, "set contour base\nset cntrparam levels discrete ");
    for (int i = 1; i < CONTOURS; i++) {
        const double share = (double)i / CONTOURS;
        PUT(p, "%s", i > 1 ? "," : "");
        spni_pen_real(p, level->z_low + share * share * (level->z_high - level->z_low));
    }
    PUT(p, "\n");
}

static void put_title(spni_pen *p, const spn_map_level *level, double x, double y, double height)
{
    PUT(p, "set label 1 ");
    spni_pen_quoted(p, level->title);
    PUT(p, " at screen ");
    spni_pen_length(p, x / PAGE_WIDTH);
    PUT(p, ", screen ");
    spni_pen_length(p, y / height);
    PUT(p, " center\n");
}

/* Their names stand beside the marks, on the side that has room. */
static void put_names(spni_pen *p, const spn_map *map)
{
    for (int64_t i = 0; i < map->mark_count; i++) {
        if (map->marks[i].label == NULL) {
            continue;
        }
        PUT(p, "set label %lld ", (long long)(i + 10));
        spni_pen_quoted(p, map->marks[i].label);
        PUT(p, " at ");
        spni_pen_real(p, map->marks[i].x);
        PUT(p, ", ");
        spni_pen_real(p, map->marks[i].y);
        const double middle = (map->x[0] + map->x[map->columns - 1]) / 2;
        PUT(p, " %s,0.5 front tc rgb '#ffffff' font KEYFONT\n",
            map->marks[i].x > middle ? "right offset -0.7" : "left offset 0.7");
    }
}

static void put_map(spni_pen *p, const spn_figure *figure, int64_t k)
{
    const spn_map *map = figure->map;
    const spn_map_level *level = &map->levels[k];
    const double height = page_height(map), top = height - PAGE_TOP - ROW_HEIGHT * (double)k;
    PUT(p,
        "# (%c) contour map\nset view map\nset pm3d noborder\n"
        "set border 4095 lw 0.6\nset origin 0,0\nset size 1,1\nunset label\n",
        (char)('a' + 2 * k));
    put_margin(p, "l", MAP_LEFT, PAGE_WIDTH);
    put_margin(p, "r", MAP_RIGHT, PAGE_WIDTH);
    put_margin(p, "t", top - MAP_TOP, height);
    put_margin(p, "b", top - ROW_HEIGHT + MAP_BOTTOM, height);
    put_axes(p, figure, level);
    put_contours(p, level);
    put_title(p, level, (MAP_LEFT + MAP_RIGHT) / 2, top - 0.14, height);
    PUT(p, "set label 2 '{/:Bold (%c)}' at screen ", (char)('a' + 2 * k));
    spni_pen_length(p, 0.06 / PAGE_WIDTH);
    PUT(p, ", screen ");
    spni_pen_length(p, (top - 0.14) / height);
    PUT(p, " left\n");
    put_names(p, map);
    PUT(p, "set xlabel ");
    spni_pen_quoted(p, figure->x_label);
    PUT(p, " offset 0,0.4\nset ylabel ");
    spni_pen_quoted(p, map->y_label);
    PUT(p, " offset 1,0 rotate by 90\nset zlabel ''\nset colorbox user origin ");
    spni_pen_length(p, BAR_LEFT / PAGE_WIDTH);
    PUT(p, ",");
    spni_pen_length(p, (top - ROW_HEIGHT + MAP_BOTTOM) / height);
    PUT(p, " size ");
    spni_pen_length(p, BAR_WIDTH / PAGE_WIDTH);
    PUT(p, ",");
    spni_pen_length(p, (ROW_HEIGHT - MAP_BOTTOM - MAP_TOP) / height);
    PUT(p,
        "\nset xtics auto offset 0,0.2 font KEYFONT\nset ytics auto offset 0,0 font KEYFONT\n"
        "splot data_file index %lld using 1:2:3 with pm3d nocontour, \\\n"
        "      data_file index %lld using 1:2:3 with lines nosurface lc rgb '#ffffff' lw 0.5, \\\n"
        "      data_file index %lld using 1:2:3 with points nocontour pt 7 ps PS*0.62 lc rgb "
        "'#ffffff', \\\n"
        "      data_file index %lld using 1:2:3 with points nocontour pt 7 ps PS*0.42 lc rgb "
        "'#D55E00'\n",
        (long long)(2 * k), (long long)(2 * k), (long long)(2 * k + 1), (long long)(2 * k + 1));
}

/* Steps that leave about 40 lines of the grid to draw. */
static int64_t thin(int64_t count)
{
    return count > 40 ? count / 40 : 1;
}

/* Points that stand behind a surface would be hidden by it: they are drawn on top, in the same view. */
static void put_surface_marks(spni_pen *p, int64_t k)
{
    PUT(p,
        "unset border\nunset xtics\nunset ytics\nunset ztics\nunset xlabel\nunset ylabel\n"
        "unset zlabel\nunset label\n"
        "splot data_file index %lld using 1:2:3 with points pt 7 ps PS*0.62 lc rgb '#ffffff', \\\n"
        "      data_file index %lld using 1:2:3 with points pt 7 ps PS*0.42 lc rgb '#D55E00'\n",
        (long long)(2 * k + 1), (long long)(2 * k + 1));
}

static void put_surface(spni_pen *p, const spn_figure *figure, int64_t k)
{
    const spn_map *map = figure->map;
    const spn_map_level *level = &map->levels[k];
    const double height = page_height(map), top = height - PAGE_TOP - ROW_HEIGHT * (double)k;
    PUT(p, "# (%c) surface\nset view 42,330,1.0,1.25\nset border 895 lw 0.6\nset xyplane at ",
        (char)('b' + 2 * k));
    spni_pen_real(p, level->z_low);
    PUT(p, "\nunset contour\nunset colorbox\nunset label\n"
           "set pm3d depthorder border lc rgb '#444444' lw 0.12\n"
           "set lmargin 0\nset rmargin 0\nset tmargin 0\nset bmargin 0\nset origin ");
    spni_pen_length(p, SURFACE_LEFT / PAGE_WIDTH);
    PUT(p, ",");
    spni_pen_length(p, (top - ROW_HEIGHT) / height);
    PUT(p, "\nset size ");
    spni_pen_length(p, (PAGE_WIDTH - SURFACE_LEFT) / PAGE_WIDTH);
    PUT(p, ",");
    spni_pen_length(p, ROW_HEIGHT / height);
    PUT(p, "\nset label 2 '{/:Bold (%c)}' at screen ", (char)('b' + 2 * k));
    spni_pen_length(p, (SURFACE_LEFT + 0.05) / PAGE_WIDTH);
    PUT(p, ", screen ");
    spni_pen_length(p, (top - 0.14) / height);
    PUT(p, " left\nset zlabel ");
    spni_pen_quoted(p, map->z_label);
    PUT(p, " rotate by 90 offset 1.2,0\nset xlabel ");
    spni_pen_quoted(p, figure->x_label);
    PUT(p, " offset 0,-0.2\nset ylabel ");
    spni_pen_quoted(p, map->y_label);
    PUT(p, " offset 0,-0.2\nset xtics auto offset 0,-0.3 font KEYFONT\nset ytics auto offset "
           "0,-0.3 font KEYFONT\n"
           "set ztics auto font KEYFONT\n");
    PUT(p, "splot data_file index %lld every %lld:%lld using 1:2:3 with pm3d\n", (long long)(2 * k),
        (long long)thin(map->columns), (long long)thin(map->rows));
    put_surface_marks(p, k);
}

spn_status spni_write_map_script(spn_context *context, const spn_figure *figure, spn_output *output)
{
    spni_pen p = {context, output, SPN_OK};
    const spn_map *map = figure->map;
    spni_pen_terminals(&p, figure->name, PAGE_WIDTH, page_height(map));
    PUT(&p,
        "set multiplot\nset cntrlabel onecolor\nif (GPVAL_VERSION >= 5.4) { set pm3d clip z }\nset "
        "tics scale 0.5,0.25 font KEYFONT\n"
        "unset key\nset format '%%g'\n%s",
        palette);
    for (int64_t k = 0; k < map->level_count; k++) {
        put_map(&p, figure, k);
        put_surface(&p, figure, k);
    }
    PUT(&p, "unset multiplot\nunset output\n}\n");
    return p.status;
}
