// OMC401 to OMC404: what shapes.cpp finds, by kind.

#include "lang/lint/context.hpp"
#include "lang/lint/shapes.hpp"

namespace omc::lang {

template <ShapeFinding::Kind kind>
static void check(LintContext& lint) {
  for (const ShapeFinding& f : lint.shapes())
    if (f.kind == kind) lint.report(f.span, f.message);
}

extern const Check kShapeProduct = {
    .why = "The columns of the left matrix must be as many as the rows of the right one, and the input of a layer as wide as\n"
           "the layer was made for. Anything else is an error when it runs. Shapes are followed where they are written down:\n"
           "literals, constants, `arr_fill` and its like, constructors of layers.",
    .bad = "h x = tape_var([[1.0, 2.0, 3.0]]);\nh w = tape_var([[1.0], [2.0]]);\nprintln(tape_value(tape_matmul(x, w)));",
    .good = "h x = tape_var([[1.0, 2.0]]);\nh w = tape_var([[1.0], [2.0]]);\nprintln(tape_value(tape_matmul(x, w)));",
    .on_module = check<ShapeFinding::Kind::Product>,
};

extern const Check kShapeBroadcast = {
    .why = "Cell by cell operations want two operands of one shape; a dimension of 1 is repeated. Anything else is an error when\n"
           "it runs.",
    .bad = "h a = tape_var([1.0, 2.0, 3.0]);\nh b = tape_var([1.0, 2.0]);\nprintln(tape_value(tape_add(a, b)));",
    .good = "h a = tape_var([1.0, 2.0, 3.0]);\nh b = tape_var([1.0]);\nprintln(tape_value(tape_add(a, b)));",
    .on_module = check<ShapeFinding::Kind::Broadcast>,
};

extern const Check kEmbeddingRange = {
    .why = "Token ids and classes count from 0, so the last one is one less than the size. One outside is an error when it runs,\n"
           "or, with `prom_embedding_forward`, a row of zeros.",
    .bad = "h table = tape_var([[0.1, 0.2], [0.3, 0.4]]);\nprintln(tape_value(tape_embedding_lookup(table, [0, 2])));",
    .good = "h table = tape_var([[0.1, 0.2], [0.3, 0.4]]);\nprintln(tape_value(tape_embedding_lookup(table, [0, 1])));",
    .on_module = check<ShapeFinding::Kind::Index>,
};

extern const Check kShapeWidth = {
    .why = "`tape_layernorm` wants gamma and beta as wide as its input, `tape_cross_entropy_batch` a target for each row, and\n"
           "`tape_set_value` a value of the node's shape. Anything else is an error when it runs.",
    .bad = "h logits = tape_var([[0.1, 0.2], [0.3, 0.4]]);\nprintln(tape_value(tape_cross_entropy_batch(logits, [0])));",
    .good = "h logits = tape_var([[0.1, 0.2], [0.3, 0.4]]);\nprintln(tape_value(tape_cross_entropy_batch(logits, [0, 1])));",
    .on_module = check<ShapeFinding::Kind::Width>,
};

}  // namespace omc::lang
