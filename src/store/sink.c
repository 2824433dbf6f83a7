/* SPDX-License-Identifier: MIT */
/* Where text goes. */
#include <spinodal/base/list.h>
#include <spinodal/formats.h>
#include <spinodal/store.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static spn_status write_buffer(spn_context *context, void *state, const char *bytes, int64_t size)
{
    enum { FIRST = 1024 };
    spn_text_buffer *buffer = state;
    int64_t more = 0;
    if (!spn_size_add(size, 1, &more)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "text in memory: %lld more bytes",
                        (long long)size);
    }
    more = buffer->size == 0 && more < FIRST ? FIRST : more;
    spn_status status = spn_grow(context, &buffer->text, 1, buffer->size, more, &buffer->capacity);
    if (status != SPN_OK) {
        return status;
    }
    if (size > 0) {
        memcpy(buffer->text + buffer->size, bytes, (size_t)size);
    }
    buffer->size += size;
    buffer->text[buffer->size] = '\0';
    return SPN_OK;
}

spn_sink spn_sink_buffer(spn_text_buffer *buffer)
{
    return (spn_sink){write_buffer, buffer};
}

static spn_status write_stream(spn_context *context, void *state, const char *bytes, int64_t size)
{
    FILE *stream = state;
    errno = 0;
    if (fwrite(bytes, 1, (size_t)size, stream) != (size_t)size) {
        return spn_fail(context, SPN_ERROR_IO, "cannot write output: %s", strerror(errno));
    }
    return SPN_OK;
}

spn_sink spn_sink_stream(void *stream)
{
    return (spn_sink){write_stream, stream};
}

static spn_status write_output(spn_context *context, void *state, const char *bytes, int64_t size)
{
    return spn_output_write(context, state, bytes, size);
}

spn_sink spn_sink_output(spn_output *output)
{
    return (spn_sink){write_output, output};
}
