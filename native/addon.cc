// The kernels as a Node-API addon: marshalling, no arithmetic. What JavaScript sees of it is typed in src/backend/native/addon.ts.
//
// Each environment (the main thread, every worker) has a state of its own and there are no globals, so any number may load it.
// What may run JavaScript (calls, exceptions, properties) is plain Node-API with its statuses looked at or passed over: in a worker
// that is being terminated it refuses, at any point, and the convenient forms of node-addon-api end the process when it does.
#include <napi.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>

#include "dispatch.h"
#include "jobs.h"
#include "pages.h"
#include "pool.h"

namespace fovea {
namespace {

// ---- arguments ----

/** What stands for memory that is not there (no elements, or detached): too short for any tensor that has an element. */
alignas(64) char no_bytes[64];

Buffer lent(void* data, size_t bytes) { return bytes == 0 ? Buffer{no_bytes, 0} : Buffer{data, static_cast<int64_t>(bytes)}; }

/** Bytes of an element; 0 for a type that this Node knows and we do not. */
size_t element_bytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;
  }
}

/** A typed array's or DataView's memory, {null, 0} for undefined. False when it is anything else. */
bool read_buffer(napi_env env, napi_value value, Buffer* buffer) {
  void* data = nullptr;
  size_t length = 0;
  bool is_view = false;
  // Node says so of every view and knows its bytes; to learn the type of an array it compares it with all there are.
  if (napi_is_buffer(env, value, &is_view) == napi_ok && is_view && napi_get_buffer_info(env, value, &data, &length) == napi_ok) {
    *buffer = lent(data, length);
    return true;
  }
  napi_valuetype kind = napi_null;
  if (napi_typeof(env, value, &kind) != napi_ok) return false;
  *buffer = {nullptr, 0};
  if (kind == napi_undefined) return true;

  auto type = static_cast<napi_typedarray_type>(-1);
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) == napi_ok) {
    *buffer = lent(data, length * element_bytes(type));
    return element_bytes(type) != 0;
  }
  if (napi_get_dataview_info(env, value, &length, &data, nullptr, nullptr) != napi_ok) return false;
  *buffer = lent(data, length);
  return true;
}

/**
 * Whether a value is a Float64Array. Knows the last one that was, since a call's words lie in the same array as those of the call before,
 * and Node compares with every type there is before it tells that of an array.
 */
class Float64Arrays {
 public:
  bool hold(napi_env env, napi_value value) {
    if (is_last(env, value)) return true;
    auto type = static_cast<napi_typedarray_type>(-1);
    if (napi_get_typedarray_info(env, value, &type, nullptr, nullptr, nullptr, nullptr) != napi_ok || type != napi_float64_array)
      return false;
    if (last_ != nullptr) napi_delete_reference(env, last_);
    if (napi_create_reference(env, value, 1, &last_) != napi_ok) last_ = nullptr;
    return true;
  }

 private:
  bool is_last(napi_env env, napi_value value) const {
    napi_value last = nullptr;
    bool same = false;
    return last_ != nullptr && napi_get_reference_value(env, last_, &last) == napi_ok && last != nullptr &&
           napi_strict_equals(env, value, last, &same) == napi_ok && same;
  }

  napi_ref last_ = nullptr;  // goes with its environment
};

/**
 * The words and buffers of a call, from argument `first` on; null, or what is wrong with them. The words are copied, so that
 * whoever else sees their memory cannot change what has been checked.
 */
const char* read_call(const Napi::CallbackInfo& info, size_t first, Op op, Float64Arrays& known, Call* call) {
  const napi_env env = info.Env();
  Buffer memory = {nullptr, 0};
  if (!known.hold(env, info[first]) || !read_buffer(env, info[first], &memory)) return "the words of a call are no Float64Array";
  const auto* words = memory.bytes == 0 ? nullptr : static_cast<const double*>(memory.data);
  const size_t length = static_cast<size_t>(memory.bytes) / sizeof(double);
  call->op = op;
  call->kernels = static_cast<const Kernels*>(info.Data());
  call->words.assign(words, words + (words == nullptr ? 0 : length));

  const size_t begin = first + 1;
  call->buffers.resize(info.Length() > begin ? info.Length() - begin : 0);
  for (size_t i = 0; i < call->buffers.size(); ++i) {
    if (!read_buffer(env, info[begin + i], &call->buffers[i])) return "a buffer of a call is no typed array, DataView or undefined";
  }
  advise_results(op, call->buffers);
  return nullptr;
}

// ---- an environment's state ----

/** A job that JavaScript waits for: what must stay alive until it has settled. */
struct Pending {
  uint32_t id = 0;
  Napi::ObjectReference kept;  // an array: the function to call, then the buffers
  Status status = Status::ok;
};

class Environment {
 public:
  Call call;  // the one that runs now; kept so that its vectors' memory is reused
  Float64Arrays words;

  /** The job's id, or null and an exception. `kept` as in Pending. */
  napi_value start(Napi::Env env, Call&& job, Napi::Object kept);
  void cancel(uint32_t id) {
    if (jobs_ != nullptr) jobs_->cancel(id);
  }

 private:
  static void tell(Napi::Env env, Napi::Function, Environment* here, Pending* pending);
  using Channel = Napi::TypedThreadSafeFunction<Environment, Pending, &Environment::tell>;

  bool open(Napi::Env env);
  static void close(void* here);

  std::unique_ptr<Jobs> jobs_;  // null before the first and after the environment's end
  std::unordered_map<uint32_t, Pending> pending_;
  Channel channel_;  // to the event loop, which it keeps running while something is pending
  uint32_t last_id_ = 0;
};

/** Called on the event loop for a job that has settled; with a null env where the environment is coming down. */
void Environment::tell(Napi::Env env, Napi::Function, Environment* here, Pending* pending) {
  if (env == nullptr) return;
  const auto entry = here->pending_.extract(pending->id);
  if (here->pending_.empty()) here->channel_.Unref(env);
  napi_value done, status, undefined;
  if (napi_get_element(env, entry.mapped().kept.Value(), 0, &done) != napi_ok) return;
  if (napi_create_int32(env, static_cast<int32_t>(entry.mapped().status), &status) != napi_ok) return;
  if (napi_get_undefined(env, &undefined) != napi_ok) return;
  if (napi_call_function(env, undefined, done, 1, &status, nullptr) != napi_pending_exception) return;
  napi_value thrown;  // as from any callback of the event loop: an uncaught exception
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
}

bool Environment::open(Napi::Env env) {
  if (jobs_ != nullptr) return true;
  auto jobs = std::make_unique<Jobs>();
  channel_ = Channel::New(env, "fovea", 0, 1, this);
  if (env.IsExceptionPending()) return false;
  channel_.Unref(env);
  // Added after the channel and so called before the channel's own hook: no thread is left that could still use it then.
  if (napi_add_env_cleanup_hook(env, close, this) != napi_ok) {
    channel_.Release();
    napi_throw_error(env, nullptr, "the addon cannot be told when this thread ends, so it starts no job");
    return false;
  }
  jobs_ = std::move(jobs);
  return true;
}

void Environment::close(void* data) {
  auto* const here = static_cast<Environment*>(data);
  here->jobs_.reset();
  here->pending_.clear();
  here->channel_.Release();
}

napi_value Environment::start(Napi::Env env, Call&& job, Napi::Object kept) {
  if (!open(env)) return nullptr;
  do ++last_id_;
  while (pending_.contains(last_id_));
  Pending* const pending = &pending_[last_id_];
  pending->id = last_id_;
  pending->kept = Napi::Persistent(kept);
  if (pending_.size() == 1) channel_.Ref(env);
  jobs_->start(last_id_, std::move(job), [pending, channel = channel_](Status status) {
    pending->status = status;
    channel.NonBlockingCall(pending);
  });
  return Napi::Number::New(env, last_id_);
}

Environment& environment(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

// ---- what JavaScript calls ----

/** What Node calls. C++ must not throw through it: all that can be thrown here is that there is no memory. */
template <napi_value (*body)(const Napi::CallbackInfo&)>
napi_value callback(napi_env env, napi_callback_info info) {
  try {
    return body(Napi::CallbackInfo(env, info));
  } catch (const std::bad_alloc&) {
    napi_throw_range_error(env, nullptr, "out of memory");
    return nullptr;
  }
}

napi_value type_error(napi_env env, const std::string& message) {
  napi_throw_type_error(env, nullptr, message.c_str());
  return nullptr;
}

/** (words, ...buffers) → status */
template <Op op>
napi_value run_now(const Napi::CallbackInfo& info) {
  Environment& here = environment(info);
  Call& call = here.call;
  if (const char* wrong = read_call(info, 0, op, here.words, &call)) return type_error(info.Env(), wrong);
  PoolHost host(PoolHost::Kind::waited_for);
  const Words words = {call.words.data(), static_cast<int64_t>(call.words.size())};
  const Buffers buffers = {call.buffers.data(), static_cast<int64_t>(call.buffers.size())};
  return Napi::Number::New(info.Env(), static_cast<int32_t>(run_call(op, *call.kernels, words, buffers, &host)));
}

struct NamedOp {
  Op op;
  const char* name;  // in src/plan/plan.ts
  napi_callback run;
};

template <Op op>
constexpr NamedOp named(const char* name) {
  return {op, name, callback<run_now<op>>};
}

constexpr NamedOp kOps[] = {
    named<Op::attention>("attention"),
    named<Op::cache_attention>("cacheAttention"),
    named<Op::append>("append"),
    named<Op::matmul>("matmul"),
    named<Op::softmax>("softmax"),
    named<Op::merge>("merge"),
    named<Op::convert>("convert"),
    named<Op::norm>("norm"),
    named<Op::pool>("pool"),
    named<Op::multiply>("multiply"),
    named<Op::patches>("patches"),
    named<Op::convolve>("convolve"),
    named<Op::activate>("activate"),
    named<Op::rotary>("rotary"),
    named<Op::attention_backward>("attentionBackward"),
    named<Op::softmax_backward>("softmaxBackward"),
    named<Op::norm_backward>("normBackward"),
    named<Op::activate_backward>("activateBackward"),
};

/** The op of that name; null when there is none. */
const NamedOp* find_op(const std::string& name) {
  const auto* const found = std::find_if(std::begin(kOps), std::end(kOps), [&](const NamedOp& each) { return name == each.name; });
  return found == std::end(kOps) ? nullptr : found;
}

/** (op, done, words, ...buffers) → the job's id */
napi_value start(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const NamedOp* const op = info[0].IsString() ? find_op(info[0].As<Napi::String>()) : nullptr;
  if (op == nullptr) return type_error(env, "start takes the name of an op first");
  if (!info[1].IsFunction()) return type_error(env, "start takes a function second");
  Call job;
  if (const char* wrong = read_call(info, 2, op->op, environment(info).words, &job)) return type_error(env, wrong);

  const auto kept = Napi::Array::New(env, info.Length());
  bool holds = napi_set_element(env, kept, 0, info[1]) == napi_ok;
  for (uint32_t i = 3; i < info.Length(); ++i) holds &= napi_set_element(env, kept, i, info[i]) == napi_ok;
  if (!holds) return nullptr;  // a thread that is being ended: nothing would keep the buffers
  return environment(info).start(env, std::move(job), kept);
}

/** (id) → undefined */
napi_value cancel(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) return type_error(info.Env(), "cancel takes a job's id");
  environment(info).cancel(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

/** (count, asDefault) → undefined */
napi_value set_threads(const Napi::CallbackInfo& info) {
  const double count = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(count >= 1 && count <= kMostThreads)) return type_error(info.Env(), "setThreads takes 1 to " + std::to_string(kMostThreads));
  set_thread_count(static_cast<int32_t>(count), info[1].IsBoolean() && info[1].As<Napi::Boolean>());
  return info.Env().Undefined();
}

/** () → { wanted, had } */
napi_value threads(const Napi::CallbackInfo& info) {
  const ThreadCount count = thread_count();
  const auto object = Napi::Object::New(info.Env());
  napi_set_named_property(info.Env(), object, "wanted", Napi::Number::New(info.Env(), count.wanted));
  napi_set_named_property(info.Env(), object, "had", Napi::Number::New(info.Env(), count.had));
  return object;
}

/** (view) → undefined */
napi_value huge_pages(const Napi::CallbackInfo& info) {
  Buffer buffer;
  if (!read_buffer(info.Env(), info[0], &buffer) || buffer.data == nullptr) return type_error(info.Env(), "hugePages takes a view");
  if (buffer.bytes >= kAdvisedBytes) advise_huge_pages(buffer.data, buffer.bytes);
  return info.Env().Undefined();
}

/** (view) → bytes from where it begins to a multiple of 64 */
napi_value to_cache_line(const Napi::CallbackInfo& info) {
  constexpr uintptr_t line = 64;
  Buffer buffer;
  if (!read_buffer(info.Env(), info[0], &buffer) || buffer.data == nullptr) return type_error(info.Env(), "toCacheLine takes a view");
  return Napi::Number::New(info.Env(), static_cast<double>(-reinterpret_cast<uintptr_t>(buffer.data) % line));
}

/** () → { name, supported, missing }[] */
napi_value targets(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto list = Napi::Array::New(env);
  uint32_t count = 0;
  for (const Kernels* kernels : all_targets()) {
    const std::string missing = missing_features(*kernels);
    const auto target = Napi::Object::New(env);
    napi_set_named_property(env, target, "name", Napi::String::New(env, kernels->name));
    napi_set_named_property(env, target, "supported", Napi::Boolean::New(env, missing.empty()));
    napi_set_named_property(env, target, "missing", Napi::String::New(env, missing));
    napi_set_element(env, list, count++, target);
  }
  return list;
}

napi_value tile_object(Napi::Env env, const TileSizes& sizes) {
  const auto tile = Napi::Object::New(env);
  const auto set = [&](const char* name, int32_t size) { napi_set_named_property(env, tile, name, Napi::Number::New(env, size)); };
  set("lanes", sizes.lanes);
  set("rows", sizes.rows);
  set("columns", sizes.columns);
  set("queryTile", sizes.query_tile);
  set("keyTile", sizes.key_tile);
  return tile;
}

void add_callback(Napi::Object to, const char* name, napi_callback call, const Kernels* kernels) {
  napi_value function;
  if (napi_create_function(to.Env(), name, NAPI_AUTO_LENGTH, call, const_cast<Kernels*>(kernels), &function) != napi_ok) return;
  napi_set_named_property(to.Env(), to, name, function);
}

template <napi_value (*body)(const Napi::CallbackInfo&)>
void add_function(Napi::Object to, const char* name, const Kernels* kernels = nullptr) {
  add_callback(to, name, callback<body>, kernels);
}

/** (name) → the target's functions */
napi_value target(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) return type_error(env, "target takes a name");
  const std::string name = info[0].As<Napi::String>();
  const Kernels* const kernels = find_target(name);
  if (kernels == nullptr) return type_error(env, "there is no target '" + name + "' in this addon");
  const std::string missing = missing_features(*kernels);
  if (!missing.empty()) return type_error(env, "target " + name + " needs what this CPU lacks: " + missing);

  const auto functions = Napi::Object::New(env);
  napi_set_named_property(env, functions, "name", info[0]);
  napi_set_named_property(env, functions, "tile", tile_object(env, kernels->tile));
  for (const NamedOp& op : kOps) add_callback(functions, op.name, op.run, kernels);
  add_function<start>(functions, "start", kernels);
  add_function<cancel>(functions, "cancel");
  return functions;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  add_function<targets>(exports, "targets");
  add_function<target>(exports, "target");
  add_function<set_threads>(exports, "setThreads");
  add_function<threads>(exports, "threads");
  add_function<huge_pages>(exports, "hugePages");
  add_function<to_cache_line>(exports, "toCacheLine");
  return exports;
}

}  // namespace

NODE_API_MODULE(fovea, init)

}  // namespace fovea
