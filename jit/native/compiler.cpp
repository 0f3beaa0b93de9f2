// The shared module's one door: a Compiler on LLVM's LLJIT.
//
// Passes: SROA and the like put the variables of a version into registers; jump threading takes away the looks at tags that an
// inlined function has just set; LICM and GVN then share the loads of array headers;
// unrolling and vectorising would cost more than they bring, since nearly every loop has several ways out.
// Of the code generator the passes are left out that take time and bring these functions nothing.

#include <llvm-c/Analysis.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include <time.h>  // the clock of a thread

#include <cstdio>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "jit/abi.hpp"
#include "jit/native/listing.hpp"
#include "jit/native/module.hpp"

namespace omc::jit {

namespace {

constexpr const char* kPasses =
    "always-inline,"
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,jump-threading,"
    "loop-mssa(loop-rotate,licm),simplifycfg,"
    "loop(indvars),gvn,instcombine<no-verify-fixpoint>,simplifycfg)";

// Schedulers before and after register allocation, loop strength reduction and the rest took a quarter of the time of compiling, and
// no program of `bench` became faster by them. Of a conditional move into a branch (the converter) binary searches become half as fast:
// it takes a compare of an element for one that can be foreseen. A loop of a few instructions that lies across two cache lines takes twice
// as long.
constexpr const char* kCodeGenerator[] = {
    "omc", "-disable-post-ra", "-enable-misched=false", "-disable-lsr", "-x86-cmov-converter=false", "-disable-early-ifcvt", "-disable-ssc",
    "-disable-constant-hoisting", "-disable-partial-libcall-inlining", "-disable-machine-dce", "-disable-postra-machine-licm",
    "-disable-x86-domain-reassignment", "-disable-early-taildup", "-disable-copyprop", "-x86-experimental-pref-innermost-loop-alignment=6"};

// LLVM keeps these for the process, and takes each only once.
void set_up_code_generator() {
  static std::once_flag once;
  std::call_once(once, [] { LLVMParseCommandLineOptions(std::size(kCodeGenerator), kCodeGenerator, nullptr); });
}

// A text, freed.
std::string take(char* message) {
  std::string text = message;
  LLVMDisposeMessage(message);
  return text;
}
std::string take(LLVMErrorRef error) {
  char* message = LLVMGetErrorMessage(error);
  std::string text = message;
  LLVMDisposeErrorMessage(message);
  return text;
}

// Of this thread: what compiling costs, whatever else the machine does.
double milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct LlvmJob : Job {
  LlvmJob(const HostTable& host, const CompilerOptions& options, Unit& u, std::string n)
      : unit(u), name(std::move(n)), module(host, options, u, name) {}
  Unit& unit;
  const std::string name;
  Module module;
};

class LlvmCompiler : public Compiler {
 public:
  LlvmCompiler(const HostTable& host, const CompilerOptions& options) : host_(host), options_(options) {}

  ~LlvmCompiler() override {
    if (machine_) LLVMDisposeTargetMachine(machine_);
    if (jit_) LLVMOrcDisposeLLJIT(jit_);
  }

  bool start() {
    set_up_code_generator();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    machine_ = make_machine();
    if (!machine_) return false;
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    if (LLVMTargetMachineRef other = make_machine())
      LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(other));
    if (LLVMErrorRef error = LLVMOrcCreateLLJIT(&jit_, builder)) {
      LLVMConsumeError(error);
      jit_ = nullptr;
      return false;
    }
    return true;
  }

  std::unique_ptr<Job> begin(Unit& unit, const vm::Value* registers) override {
    const double start = milliseconds();
    auto job = std::make_unique<LlvmJob>(host_, options_, unit, unit.name + "#" + std::to_string(++count_));
    if (!job->module.build(registers, unit.reason)) {
      unit.stage.store(Unit::Stage::Refused, std::memory_order_release);
      return nullptr;
    }
    unit.signature = job->module.signature();
    unit.compile_ms = milliseconds() - start;
    return job;
  }

  void finish(Job& unfinished) override {
    auto& job = static_cast<LlvmJob&>(unfinished);
    const double start = milliseconds();
    Unit& unit = job.unit;
    const bool ok = optimise(job.module.emitter().module, unit.reason) && link(job);
    unit.compile_ms += milliseconds() - start;
    unit.stage.store(ok ? Unit::Stage::Ready : Unit::Stage::Refused, std::memory_order_release);
  }

 private:
  static LLVMTargetMachineRef make_machine() {
    const std::string triple = take(LLVMGetDefaultTargetTriple());
    const std::string cpu = take(LLVMGetHostCPUName()), features = take(LLVMGetHostCPUFeatures());
    LLVMTargetRef target = nullptr;
    char* message = nullptr;
    if (LLVMGetTargetFromTriple(triple.c_str(), &target, &message)) {
      LLVMDisposeMessage(message);
      return nullptr;
    }
    return LLVMCreateTargetMachine(target, triple.c_str(), cpu.c_str(), features.c_str(), LLVMCodeGenLevelDefault, LLVMRelocPIC,
                                   LLVMCodeModelJITDefault);
  }

  bool link(LlvmJob& job) {
    LLVMMemoryBufferRef object = nullptr;
    char* message = nullptr;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine_, job.module.emitter().module, LLVMObjectFile, &message, &object)) {
      job.unit.reason = take(message);
      return false;
    }
    job.unit.code_bytes = static_cast<uint32_t>(LLVMGetBufferSize(object));
    std::string image;
    if (options_.perf_map || options_.gdb) image.assign(LLVMGetBufferStart(object), LLVMGetBufferSize(object));
    LLVMOrcExecutorAddress address = 0;
    LLVMErrorRef error = LLVMOrcLLJITAddObjectFile(jit_, LLVMOrcLLJITGetMainJITDylib(jit_), object);
    if (!error) error = LLVMOrcLLJITLookup(jit_, &address, job.name.c_str());
    if (error) {
      job.unit.reason = take(error);
      return false;
    }
    if (!image.empty()) listing_.add(std::move(image), job.name, address, options_);
    for (auto& site : job.module.take_sites()) sites_.push_back(std::move(site));
    job.unit.entry = reinterpret_cast<void*>(address);
    return true;
  }

  bool optimise(LLVMModuleRef ir, std::string& reason) {
    LLVMSetTarget(ir, LLVMOrcLLJITGetTripleString(jit_));
    LLVMSetDataLayout(ir, LLVMOrcLLJITGetDataLayoutStr(jit_));
    if (options_.verify) {
      char* message = nullptr;
      const bool broken = LLVMVerifyModule(ir, LLVMReturnStatusAction, &message);
      const std::string text = take(message);
      if (broken) {
        std::fprintf(stderr, "[OMC_HBIT_JIT_VERIFY] module verification FAILED:\n%s\n", text.c_str());
        reason = "module verification failed";
        return false;
      }
    }
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(ir, kPasses, machine_, options);
    LLVMDisposePassBuilderOptions(options);
    if (error) {
      reason = take(error);
      return false;
    }
    if (options_.dump_ir) std::fprintf(stderr, "[OMC_HBIT_JIT_DUMP_IR]\n%s\n", take(LLVMPrintModuleToString(ir)).c_str());
    return true;
  }

  const HostTable host_;
  const CompilerOptions options_;
  LLVMTargetMachineRef machine_ = nullptr;
  LLVMOrcLLJITRef jit_ = nullptr;
  uint64_t count_ = 0;
  std::vector<std::unique_ptr<Site>> sites_;
  Listing listing_;
};

}  // namespace
}  // namespace omc::jit

extern "C" __attribute__((visibility("default"))) omc::jit::Compiler* omc_jit_make_compiler(
    uint32_t version, const omc::jit::HostTable& host, const omc::jit::CompilerOptions& options) {
  if (version != omc::jit::kAbiVersion) return nullptr;
  auto compiler = std::make_unique<omc::jit::LlvmCompiler>(host, options);
  return compiler->start() ? compiler.release() : nullptr;
}
