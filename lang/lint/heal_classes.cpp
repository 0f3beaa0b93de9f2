// The pages of the classes that the heal walk finds; what it looks for is in lang/heal.cpp.

#include "lang/lint/rule.hpp"

namespace omc::lang {

extern const Check kCallTypo = {
    .why = "A call of a name that nothing defines, close to one that is. A heal run calls that one.\n"
           "`@no_heal_typo` before a function switches it off there.",
    .bad = "fn compute_area(w, d) { return w * d; }\nprintln(compute_aera(2, 3));",
    .good = "fn compute_area(w, d) { return w * d; }\nprintln(compute_area(2, 3));",
};

extern const Check kVariableTypo = {
    .why = "A name is read that nothing introduces, close to one that is in scope. A heal run reads that one.\n"
           "`@no_heal_typo` before a function switches it off there.",
    .bad = "h velocity = 3;\nprintln(velocty);",
    .good = "h velocity = 3;\nprintln(velocity);",
};

extern const Check kArity = {
    .why = "A function of the program is called with a number of arguments that it does not have, which is an error when it\n"
           "runs. A heal run adds zeros or drops the last arguments. `@no_heal_arity` before a function switches it off there.",
    .bad = "fn volume(a, b, c) { return a * b * c; }\nprintln(volume(2, 3));",
    .good = "fn volume(a, b, c) { return a * b * c; }\nprintln(volume(2, 3, 4));",
};

extern const Check kDivideByZero = {
    .why = "Dividing by a literal 0 makes a singularity. A heal run divides by 1. `@no_heal_div` before a function switches it\n"
           "off there.",
    .bad = "h n = 12;\nprintln(n / 0);",
    .good = "h n = 12;\nprintln(n / 3);",
};

extern const Check kModByZero = {
    .why = "The remainder by a literal 0 is always 0. A heal run says so with `safe_mod`. `@no_heal_mod` before a function\n"
           "switches it off there.",
    .bad = "h n = 12;\nprintln(n % 0);",
    .good = "h n = 12;\nprintln(n % 5);",
};

extern const Check kHarmonicIndex = {
    .why = "A literal index that lies beside an attractor. A heal run reads the element at the attractor. `@no_heal_index`\n"
           "before a function switches it off there, `arr_get` is never looked at.",
    .bad = "h xs = [0, 10, 20, 30, 40, 50];\nprintln(xs[4]);",
    .good = "h xs = [0, 10, 20, 30, 40, 50];\nprintln(arr_get(xs, 4));",
};

extern const Check kStrConcat = {
    .why = "A string literal and a number literal are added. It joins their texts, which `concat_many` says more clearly; a\n"
           "heal run puts it there.",
    .bad = "println(\"n=\" + 7);",
    .good = "println(\"n=7\");",
};

extern const Check kNullArith = {
    .why = "`null` is no number: arithmetic with it is an error when it runs. A heal run takes 0. `@no_heal_arity` before a\n"
           "function switches it off there.",
    .bad = "h n = 4;\nprintln(null + n);",
    .good = "h n = 4;\nprintln(0 + n);",
};

extern const Check kIfNumeric = {
    .why = "The condition is a number, so always the same branch is taken. Mostly a comparison was forgotten.",
    .bad = "h x = 5;\nif 5 { println(\"five\"); }",
    .good = "h x = 5;\nif x == 5 { println(\"five\"); }",
};

extern const Check kMissingReturn = {
    .why = "A function without `return`, `throw` or `yield` gives null. That is often meant, so it is a hint and never fails a\n"
           "check. `@no_heal_return` before the function says that it is meant.",
    .bad = "fn greet(name) {\n    println(\"hi \" + name);\n}\ngreet(\"ann\");",
    .good = "@no_heal_return\nfn greet(name) {\n    println(\"hi \" + name);\n}\ngreet(\"ann\");",
};

}  // namespace omc::lang
