/* SPDX-License-Identifier: MIT */
#include "plot/script.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define FONT_POINTS 7
#define LEGEND_POINTS 6

const char *spni_show_real(double value, char buffer[SPNI_NUMBER_SIZE])
{
    spn_format_real(value, buffer);
    return buffer;
}

const char *spni_show_length(double value, char buffer[SPNI_NUMBER_SIZE])
{
    return spni_show_real(round(value * 1e6) / 1e6, buffer);
}

void spni_put_comment(spn_text *text, const char *piece)
{
    for (; *piece != '\0'; piece++) {
        spn_text_character(text, *piece == '\n' || *piece == '\r' ? ' ' : *piece);
    }
}

void spni_put_quoted(spn_text *text, const char *piece)
{
    spn_text_add(text, "'");
    for (; *piece != '\0'; piece++) {
        const char two[] = {*piece, *piece == '\'' ? '\'' : '\0', '\0'};
        spni_put_comment(text, two);
    }
    spn_text_add(text, "'");
}

void spni_put_label(spn_text *text, const char *what, const char *label, const char *format, ...)
{
    char rest[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rest, sizeof rest, format, arguments);
    va_end(arguments);
    spn_text_put(text, "set %s ", what);
    spni_put_quoted(text, label);
    spn_text_put(text, " %s\n", rest);
}

void spni_put_letter(spn_text *text, const char *what, int64_t index, double x, double y)
{
    const char letter[] = {'{', '/', ':', 'B', 'o', 'l', 'd', ' ', '(', (char)('a' + index),
                           ')', '}', '\0'};
    spni_put_label(text, what, letter, "at screen %s, screen %s left", LENGTH(x), LENGTH(y));
}

void spni_put_terminals(spn_text *text, const char *name, double width, double height)
{
    spn_text_put(
        text,
        "# Draws %s.svg, %s.pdf and %s.png from %s.dat: run \"gnuplot %s.gp\" in this folder.\n"
        "# Needs gnuplot 5.2 or newer with the terminals svg, pdfcairo and pngcairo.\n"
        "set encoding utf8\n"
        "set minussign\n",
        name, name, name, name, name);
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        const char *suffix = spni_format_suffix[i];
        spn_text_put(text, "if (!exists(\"%s_file\")) %s_file = '%s%s'\n", suffix + 1, suffix + 1,
                     name, suffix);
    }
    spn_text_put(text,
                 "if (!exists(\"data_file\")) data_file = '%s.dat'\n"
                 "do for [format in \"svg pdf png\"] {\n"
                 "reset\n",
                 name);
    spn_text_put(text,
                 "if (format eq \"svg\") {\n"
                 "set terminal svg size %d,%d enhanced font 'Helvetica,%d' linewidth 2.2 "
                 "background '#ffffff'\n"
                 "set output svg_file\n"
                 "PS = 2.2\n"
                 "KEYFONT = ',%d'\n"
                 "}\n",
                 (int)(width * 192 + 0.5), (int)(height * 192 + 0.5), FONT_POINTS * 192 / 72,
                 LEGEND_POINTS * 192 / 72);
    spn_text_put(text,
                 "if (format eq \"pdf\") {\n"
                 "set terminal pdfcairo size %sin,%sin enhanced font 'Helvetica,%d' fontscale 1 "
                 "linewidth 1.7\n"
                 "set output pdf_file\n"
                 "PS = 1.15\n"
                 "KEYFONT = ',%d'\n"
                 "}\n",
                 LENGTH(width), LENGTH(height), FONT_POINTS, LEGEND_POINTS);
    spn_text_put(text,
                 "if (format eq \"png\") {\n"
                 "set terminal pngcairo size %d,%d enhanced font 'Helvetica,%d' fontscale 5.5556 "
                 "linewidth 5\n"
                 "set output png_file\n"
                 "PS = 5.0\n"
                 "KEYFONT = ',%d'\n"
                 "}\n",
                 (int)(width * 400 + 0.5), (int)(height * 400 + 0.5), FONT_POINTS, LEGEND_POINTS);
}
