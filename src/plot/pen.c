/* SPDX-License-Identifier: MIT */
/* Pieces of gnuplot scripts. */
#include "plot/pen.h"

#include <math.h>

#define FONT_POINTS 7
#define LEGEND_POINTS 6

void spni_pen_real(spni_pen *p, double value)
{
    char text[32];
    spn_format_real(value, text);
    PUT(p, "%s", text);
}

void spni_pen_length(spni_pen *p, double value)
{
    spni_pen_real(p, round(value * 1e6) / 1e6);
}

void spni_pen_quoted(spni_pen *p, const char *text)
{
    PUT(p, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            PUT(p, "''");
        } else {
            PUT(p, "%c", *text == '\n' || *text == '\r' ? ' ' : *text);
        }
    }
    PUT(p, "'");
}

void spni_pen_comment(spni_pen *p, const char *text)
{
    for (; *text != '\0'; text++) {
        PUT(p, "%c", *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

void spni_pen_terminals(spni_pen *p, const char *name, double width, double height)
{
    PUT(p, "# Draws %s.svg, %s.pdf and %s.png from %s.dat: run \"gnuplot %s.gp\" in this folder.\n",
        name, name, name, name, name);
    PUT(p, "# Needs gnuplot 5.2 or newer with the terminals svg, pdfcairo and pngcairo.\n"
           "set encoding utf8\nset minussign\n");
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        const char *suffix = spni_format_suffix[i];
        PUT(p, "if (!exists(\"%s_file\")) %s_file = '%s%s'\n", suffix + 1, suffix + 1, name,
            suffix);
    }
    PUT(p, "if (!exists(\"data_file\")) data_file = '%s.dat'\n", name);
    PUT(p, "do for [format in \"svg pdf png\"] {\nreset\n");
    PUT(p,
        "if (format eq \"svg\") {\nset terminal svg size %d,%d enhanced font 'Helvetica,%d' "
        "linewidth 2.2 background '#ffffff'\nset output svg_file\nPS = 2.2\n"
        "KEYFONT = ',%d'\n}\n",
        (int)(width * 192 + 0.5), (int)(height * 192 + 0.5), FONT_POINTS * 192 / 72,
        LEGEND_POINTS * 192 / 72);
    PUT(p, "if (format eq \"pdf\") {\nset terminal pdfcairo size ");
    spni_pen_length(p, width);
    PUT(p, "in,");
    spni_pen_length(p, height);
    PUT(p,
        "in enhanced font 'Helvetica,%d' fontscale 1 linewidth 1.7\nset output pdf_file\n"
        "PS = 1.15\nKEYFONT = ',%d'\n}\n",
        FONT_POINTS, LEGEND_POINTS);
    PUT(p,
        "if (format eq \"png\") {\nset terminal pngcairo size %d,%d enhanced font 'Helvetica,%d' "
        "fontscale 5.5556 linewidth 5\nset output png_file\nPS = 5.0\n"
        "KEYFONT = ',%d'\n}\n",
        (int)(width * 400 + 0.5), (int)(height * 400 + 0.5), FONT_POINTS, LEGEND_POINTS);
}
