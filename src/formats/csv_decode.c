/* SPDX-License-Identifier: MIT */
/* Text in UTF-8 out of what editors and spreadsheets write. */
#include "formats/csv.h"

#include <string.h>
#include <zlib.h>

/* A text that begins with an ASCII character has a zero beside it in UTF-16. */
static const char *guess_unmarked(const char *bytes, int64_t size)
{
    if (size < 4 || size % 2 != 0) {
        return NULL;
    }
    if (bytes[0] != '\0' && bytes[1] == '\0' && bytes[2] != '\0' && bytes[3] == '\0') {
        return "UTF-16LE";
    }
    return bytes[0] == '\0' && bytes[1] != '\0' && bytes[2] == '\0' && bytes[3] != '\0' ? "UTF-16BE"
                                                                                        : NULL;
}

static spn_status fail_encoding(spn_context *context, const char *source, const char *encoding)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: is %s text; convert it: iconv -f %s -t UTF-8 OLD.csv >NEW.csv", source,
                    encoding, encoding);
}

/* Where the first NUL stands, or -1; and the key of all bytes, where it is wanted. */
static spn_status find_nul(spn_context *context, spni_csv_text *text, int64_t *place, uint32_t *key)
{
    spn_status status = SPN_OK;
    spni_csv_cursor cursor = {0};
    uLong crc = crc32(0, NULL, 0);
    *place = -1;
    for (int64_t at = 0; at < text->size && *place < 0; at += cursor.end - cursor.at) {
        SPN_TRY(spni_csv_text_show(context, text, at, 1, &cursor));
        const size_t count = (size_t)(cursor.end - cursor.at);
        const char *nul = memchr(cursor.at, '\0', count);
        *place = nul != NULL ? spni_csv_text_place(text, nul) : -1;
        crc = key != NULL ? crc32_z(crc, (const unsigned char *)cursor.at, count) : crc;
    }
    if (key != NULL) {
        *key = (uint32_t)crc;
    }
done:
    return status;
}

spn_status spni_csv_refuse_nul(spn_context *context, spni_csv_text *text, uint32_t *key)
{
    spn_status status = SPN_OK;
    spni_csv_cursor cursor = {0};
    int64_t place = -1;
    long long line = 1;
    SPN_TRY(find_nul(context, text, &place, key));
    if (place < 0) {
        return SPN_OK;
    }
    SPN_TRY(spni_csv_text_show(context, text, 0, 4, &cursor));
    const char *guess = guess_unmarked(cursor.at, text->size);
    if (guess != NULL) {
        return fail_encoding(context, text->source, guess);
    }
    for (int64_t at = 0; at < place; at = spni_csv_text_place(text, cursor.at)) {
        SPN_TRY(spni_csv_text_show(context, text, at, 1, &cursor));
        for (; cursor.at < cursor.end && spni_csv_text_place(text, cursor.at) < place;
             cursor.at++) {
            line += *cursor.at == '\n';
        }
    }
    SPN_FAIL(context, SPN_ERROR_INPUT, "%s: line %lld: a NUL byte; this is not a text file",
             text->source, line);
done:
    return status;
}

static spn_status refuse_nul(spn_context *context, const char *source, const char *bytes,
                             int64_t size)
{
    spni_csv_text text = spni_csv_text_of(source, bytes, size);
    return spni_csv_refuse_nul(context, &text, NULL);
}

static uint32_t unit_at(const char *p, bool is_big)
{
    const unsigned char *bytes = (const unsigned char *)p;
    return is_big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* The text behind the mark. */
static spn_status decode_utf16(spn_context *context, const char *source, const char *bytes,
                               int64_t size, bool is_big, char **converted, int64_t *converted_size)
{
    spn_status status = SPN_OK;
    char *text = NULL;
    int64_t room = 0;
    long long line = 1;
    if (size % 2 != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: is UTF-16 text, but ends within a character",
                 source);
    }
    if (!spn_size_multiply(size / 2, 3, &room)) { /* at most 3 bytes for 2 */
        SPN_FAIL(context, SPN_ERROR_MEMORY, "out of memory");
    }
    SPN_NEW(context, text, room);
    char *to = text;
    for (const char *p = bytes, *end = bytes + size; p < end; p += 2) {
        uint32_t code = unit_at(p, is_big);
        if (code >= 0xD800 && code < 0xE000) {
            uint32_t low = p + 2 < end ? unit_at(p + 2, is_big) : 0;
            if (code >= 0xDC00 || low < 0xDC00 || low >= 0xE000) {
                SPN_FAIL(context, SPN_ERROR_INPUT, "%s: line %lld: half of a UTF-16 character",
                         source, line);
            }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            p += 2;
        }
        line += code == '\n';
        to = put_utf8(to, code);
    }
    *converted = text;
    *converted_size = to - text;
    text = NULL;
done:
    spn_release(context, text);
    return status;
}

bool spni_csv_is_marked(const char *bytes, int64_t size)
{
    return (size >= 2 &&
            (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0)) ||
           (size >= 4 && memcmp(bytes, "\0\0\xFE\xFF", 4) == 0);
}

spn_status spni_csv_decode(spn_context *context, const char *source, const char *bytes,
                           int64_t size, char **converted, int64_t *converted_size,
                           const char **encoding)
{
    spn_status status = SPN_OK;
    *converted = NULL;
    *encoding = "UTF-8";
    if (size >= 4 &&
        (memcmp(bytes, "\xFF\xFE\0\0", 4) == 0 || memcmp(bytes, "\0\0\xFE\xFF", 4) == 0)) {
        return fail_encoding(context, source, "UTF-32");
    }
    const bool is_little = size >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0;
    const bool is_big = size >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0;
    if (!is_little && !is_big) {
        return refuse_nul(context, source, bytes, size);
    }
    *encoding = is_big ? "UTF-16BE" : "UTF-16LE";
    SPN_TRY(decode_utf16(context, source, bytes + 2, size - 2, is_big, converted, converted_size));
    SPN_TRY(refuse_nul(context, source, *converted, *converted_size));
done:
    if (status != SPN_OK) {
        spn_release(context, *converted);
        *converted = NULL;
    }
    return status;
}
