#pragma once
// Names of the VM's types, for headers that only pass them along.

namespace omc::vm {

class Value;
struct Object;
struct String;
struct Array;
struct Dict;
struct Function;
struct Closure;
struct FunctionReference;
struct Constructor;
struct Box;
struct LateScope;
struct Singularity;
struct Proto;
struct GlobalCell;
struct Builtin;
class Args;
class Heap;
class Observer;
class Vm;

}  // namespace omc::vm
