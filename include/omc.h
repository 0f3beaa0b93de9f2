/* OMC as a library, for C and whatever can call C.
 *
 *     omc_options options = {.size = sizeof options, .permissions = "", .timeout_seconds = 1};
 *     omc_machine* m = omc_new(&options);
 *     if (omc_run(m, "rules.omc", source, strlen(source)) != 0) puts(omc_error(m));
 *     omc_value* price = omc_float(m, 19.5);
 *     omc_value* result = omc_call(m, "discount", &price, 1);
 *     printf("%g\n", omc_as_float(result));
 *     omc_release(price), omc_release(result), omc_free(m);
 *
 * Machines know nothing of each other: several threads may each use one of their own. One machine is used by the thread
 * that made it; only omc_interrupt() may be called from any. No function throws, ends the process or writes to a stream.
 *
 * A value is a handle to something inside its machine: it stays until omc_release() or omc_free(). NULL as a value means
 * that something failed: omc_error() says what. Functions that read a value accept any and give 0, "" or NULL for those of
 * another kind. Texts are UTF-8 with their length; what comes out also ends in a zero byte. Link with -lomc. */
#ifndef OMC_H
#define OMC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OMC_API __attribute__((visibility("default")))

typedef struct omc_machine omc_machine;
typedef struct omc_value omc_value;

/* Zeros mean the default. `size` lets later versions add fields. */
typedef struct omc_options {
  size_t size;             /* sizeof(omc_options) */
  const char* permissions; /* NULL: all. Else a list as of --allow, "read:/data,clock"; "" leaves only the clock */
  size_t max_memory;       /* bytes of all values together; 0: no limit */
  size_t max_output;       /* bytes written by one omc_run or omc_call; 0: no limit */
  size_t max_depth;        /* nested calls; 0: 10000 */
  double timeout_seconds;  /* wall time of one omc_run, omc_evaluate or omc_call; 0: no limit */
  const char* library;     /* folder of the installed modules; NULL: none can be imported by name alone */
} omc_options;

/* NULL when there is no memory or the permissions are no list of permissions. options may be NULL. */
OMC_API omc_machine* omc_new(const omc_options* options);
OMC_API void omc_free(omc_machine* machine);

/* Why the last function of this machine failed, with its call trace; "" when it did not. Valid until the next call. */
OMC_API const char* omc_error(const omc_machine* machine);

/* Runs a program; its functions and variables stay. 0, or what `omc` would exit with: 1, or 124 after the timeout, or 130
 * after omc_interrupt. `name` stands for the program's file in messages. */
OMC_API int omc_run(omc_machine* machine, const char* name, const char* source, size_t length);
/* The value of the last expression of a snippet that sees the program's variables. */
OMC_API omc_value* omc_evaluate(omc_machine* machine, const char* source, size_t length);
/* Calls a function by its name: of the program, or built in. */
OMC_API omc_value* omc_call(omc_machine* machine, const char* function, omc_value* const* arguments, size_t count);
/* Calls a function value. */
OMC_API omc_value* omc_call_value(omc_value* function, omc_value* const* arguments, size_t count);
/* Ends what the machine is running. From any thread, or a signal handler. */
OMC_API void omc_interrupt(omc_machine* machine);

/* Where the program's output goes; without it, nowhere. */
typedef void (*omc_output)(void* context, const char* text, size_t length);
OMC_API void omc_set_output(omc_machine* machine, omc_output write, void* context);

/* A function of the host. The arguments belong to the caller. It gives a new value, which it hands over, or NULL after
 * omc_fail(); without that NULL is the value null. It may call back into its machine. */
typedef omc_value* (*omc_function)(omc_machine* machine, void* context, omc_value* const* arguments, size_t count);
/* signature: "(a, b, c?)", the parameters up to the first with a `?` being required. 0, or 1 when there is no memory. */
OMC_API int omc_register(omc_machine* machine, const char* name, const char* signature, omc_function function, void* context);
OMC_API void omc_fail(omc_machine* machine, const char* message);

typedef enum omc_kind {
  OMC_NULL,
  OMC_BOOL,
  OMC_INT,
  OMC_FLOAT,
  OMC_STRING,
  OMC_ARRAY,
  OMC_DICT,
  OMC_FUNCTION,
  OMC_OTHER
} omc_kind;

OMC_API omc_value* omc_null(omc_machine* machine);
OMC_API omc_value* omc_bool(omc_machine* machine, int value);
OMC_API omc_value* omc_int(omc_machine* machine, int64_t value);
OMC_API omc_value* omc_float(omc_machine* machine, double value);
OMC_API omc_value* omc_string(omc_machine* machine, const char* text, size_t length);
OMC_API omc_value* omc_array(omc_machine* machine);
OMC_API omc_value* omc_dict(omc_machine* machine);
OMC_API void omc_release(omc_value* value); /* NULL is fine */

OMC_API omc_kind omc_kind_of(const omc_value* value);
OMC_API int64_t omc_as_int(const omc_value* value);  /* as the language's to_int */
OMC_API double omc_as_float(const omc_value* value); /* as to_float */
OMC_API int omc_is_true(const omc_value* value);
/* A string as it is, anything else as print shows it. Valid until the value is released or asked again. */
OMC_API const char* omc_text(omc_value* value, size_t* length);

OMC_API size_t omc_size(const omc_value* value); /* elements of an array, keys of a dict */
OMC_API omc_value* omc_at(const omc_value* array, size_t index);
OMC_API int omc_append(omc_value* array, const omc_value* element); /* 0, or 1 and omc_error() */
OMC_API omc_value* omc_get(const omc_value* dict, const char* key, size_t length);
OMC_API int omc_put(omc_value* dict, const char* key, size_t length, const omc_value* value);
/* Keys in ascending order, as an array. */
OMC_API omc_value* omc_keys(const omc_value* dict);

#ifdef __cplusplus
}
#endif

#endif
