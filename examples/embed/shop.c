/* A shop whose pricing rules are scripts: they may compute, but touch nothing, and have a tenth of a second.
 *
 *     cc shop.c -I../../include -L../../build/release/embed -lomc -o shop */
#include <omc.h>
#include <stdio.h>
#include <string.h>

static const char kRules[] =
    "fn total(items) {\n"
    "  h sum = 0.0;\n"
    "  for item in items { sum = sum + price_of(item[\"name\"]) * item[\"count\"]; }\n"
    "  if sum > 50 { sum = sum * 0.9; }\n"
    "  return sum;\n"
    "}\n";

/* What the host offers to the script: price_of(name). */
static omc_value* price_of(omc_machine* m, void* context, omc_value* const* arguments, size_t count) {
  (void)context, (void)count;
  if (strcmp(omc_text(arguments[0], NULL), "lamp") == 0) return omc_float(m, 20.0);
  omc_fail(m, "price_of: not in the list");
  return NULL;
}

int main(void) {
  omc_options options = {.size = sizeof options, .permissions = "", .max_memory = 16 << 20, .timeout_seconds = 0.1};
  omc_machine* m = omc_new(&options);
  omc_register(m, "price_of", "(name)", price_of, NULL);
  if (omc_run(m, "rules.omc", kRules, strlen(kRules)) != 0) return puts(omc_error(m)), 1;

  omc_value *items = omc_array(m), *item = omc_dict(m), *name = omc_string(m, "lamp", 4), *n = omc_int(m, 3);
  omc_put(item, "name", 4, name);
  omc_put(item, "count", 5, n);
  omc_append(items, item);
  omc_value* total = omc_call(m, "total", &items, 1);
  if (!total) return puts(omc_error(m)), 1;
  printf("total %.2f\n", omc_as_float(total));

  static const char endless[] = "while true { }";
  if (omc_run(m, "endless.omc", endless, strlen(endless)) == 124) printf("stopped: %s\n", omc_error(m));
  omc_free(m); /* and all its values with it */
  return 0;
}
