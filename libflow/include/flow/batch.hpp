#pragma once
// A batch: contiguous records of one type and, where they are needed, parallel columns.
//
// The unit that moves: one virtual call and one message per batch, nothing per record. The columns are the event time
// and the key's hash of each record; a batch has them or not, for all of its records. A batch is used by one task at a
// time; several may hold it only to read (`batch_ref::unique()` says which). Emptied batches are recycled, so that a
// steady state allocates nothing.
//
// Typed code sees `batch<T>`; channels and tasks move `batch_base` with its `batch_type`, the operations that need T.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <flow/record/encoding.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/key.hpp>
#include <flow/record/schema.hpp>
#include <flow/time.hpp>

namespace flow {

class batch_base;
class batch_ref;

/// What the untyped parts of the engine can do with a batch; one constant object per record type.
struct batch_type {
  std::size_t record_bytes;
  batch_ref (*create)(std::uint32_t capacity);
  void (*destroy)(batch_base*);
  /// Destroys the records; keeps the memory.
  void (*clear)(batch_base&);
  /// Appends records [first, first + count) with their columns; moves them out of `from` when `move`, else copies.
  void (*append)(batch_base& to, batch_base& from, std::uint32_t first, std::uint32_t count, bool move);
  /// Appends record first + i to `to[target[i]]`, for i < count. Every target has room for `count` records.
  void (*scatter)(batch_base& from, std::uint32_t first, std::uint32_t count, std::uint16_t const* target,
                  std::span<batch_base* const> to, bool move);
  /// The same with `target_of_group[the key group of the record's hash]`: there are as many groups as entries.
  void (*scatter_by_hash)(batch_base& from, std::uint32_t first, std::uint32_t count, std::span<std::uint16_t const> target_of_group,
                          std::span<batch_base* const> to, bool move);
  /// Bytes that the records hold on the heap.
  std::size_t (*heap)(batch_base const&);
  /// Appends the batch to `out` as lists of records, timestamps and hashes, empty where it has no such column; null where T has no
  /// description and is not trivially copyable.
  void (*encode)(batch_base const&, bytes& out);
  void (*decode)(batch_base&, decoder& in);
  /// A record as JSON text, for messages.
  std::string (*print)(batch_base const&, std::uint32_t index);
  schema (*describe)();
};

class batch_base {
 public:
  batch_base(batch_base const&) = delete;
  batch_base& operator=(batch_base const&) = delete;

  batch_type const& type() const { return *type_; }
  std::uint32_t size() const { return size_; }
  std::uint32_t capacity() const { return capacity_; }
  std::uint32_t room() const { return capacity_ - size_; }
  bool empty() const { return size_ == 0; }

  bool has_timestamps() const { return has_timestamps_; }
  bool has_hashes() const { return has_hashes_; }
  std::span<timestamp> timestamps() { return {timestamps_.get(), has_timestamps_ ? size_ : 0}; }
  std::span<timestamp const> timestamps() const { return {timestamps_.get(), has_timestamps_ ? size_ : 0}; }
  std::span<std::uint64_t> hashes() { return {hashes_.get(), has_hashes_ ? size_ : 0}; }
  std::span<std::uint64_t const> hashes() const { return {hashes_.get(), has_hashes_ ? size_ : 0}; }

  /// Bytes of memory held, used or not, what the records hold on the heap included. O(1) for trivially copyable records.
  std::size_t footprint() const {
    std::size_t const columns = (timestamps_ ? sizeof(timestamp) : 0) + (hashes_ ? sizeof(std::uint64_t) : 0);
    return capacity_ * (type_->record_bytes + columns) + type_->heap(*this);
  }

  /// Gives all records, present and to come, the column; its values are the caller's to fill in.
  timestamp* add_timestamps() {
    if (!timestamps_) timestamps_.reset(new timestamp[capacity_]);
    has_timestamps_ = true;
    return timestamps_.get();
  }
  std::uint64_t* add_hashes() {
    if (!hashes_) hashes_.reset(new std::uint64_t[capacity_]);
    has_hashes_ = true;
    return hashes_.get();
  }
  /// Takes the columns that `other` has.
  void columns_like(batch_base const& other) {
    if (other.has_timestamps_) add_timestamps(); else has_timestamps_ = false;
    if (other.has_hashes_) add_hashes(); else has_hashes_ = false;
  }
  /// Shortens a batch whose last records were moved away or destroyed.
  void set_size(std::uint32_t size) { size_ = size; }
  /// Destroys the records and drops the columns; keeps the memory of both.
  void clear() {
    type_->clear(*this);
    has_timestamps_ = has_hashes_ = false;
  }

 protected:
  batch_base(batch_type const& type, std::uint32_t capacity) : type_(&type), capacity_(capacity) {}
  ~batch_base() = default;

  batch_type const* type_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_;
  std::byte* records_ = nullptr;
  std::unique_ptr<timestamp[]> timestamps_;
  std::unique_ptr<std::uint64_t[]> hashes_;
  bool has_timestamps_ = false;
  bool has_hashes_ = false;

 private:
  friend class batch_ref;
  std::atomic<std::uint32_t> references_{1};
};

/// A counted reference to a batch. Only the holder of a unique reference may change the batch.
class batch_ref {
 public:
  batch_ref() = default;
  /// Takes over the reference that a new batch is born with.
  explicit batch_ref(batch_base* owned) : batch_(owned) {}
  batch_ref(batch_ref&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
  batch_ref(batch_ref const& other) : batch_(other.batch_) {
    if (batch_) batch_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  batch_ref& operator=(batch_ref other) noexcept {
    std::swap(batch_, other.batch_);
    return *this;
  }
  ~batch_ref() {
    if (batch_ && batch_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) batch_->type().destroy(batch_);
  }

  explicit operator bool() const { return batch_ != nullptr; }
  batch_base* operator->() const { return batch_; }
  batch_base& operator*() const { return *batch_; }
  bool unique() const { return batch_->references_.load(std::memory_order_acquire) == 1; }

 private:
  batch_base* batch_ = nullptr;
};

template <class T>
class batch final : public batch_base {
  static_assert(std::is_copy_constructible_v<T> && std::is_default_constructible_v<T>,
                "a record type must be copyable and default-constructible");

 public:
  using value_type = T;
  explicit batch(std::uint32_t capacity);
  ~batch() {
    destroy_records();
    ::operator delete(records_, alignment);
  }

  T* data() { return std::launder(reinterpret_cast<T*>(records_)); }
  T const* data() const { return std::launder(reinterpret_cast<T const*>(records_)); }
  T& operator[](std::size_t i) { return data()[i]; }
  T const& operator[](std::size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  T const* begin() const { return data(); }
  T const* end() const { return data() + size_; }

  /// Appends a record; there must be room. Columns are the caller's to fill in.
  template <class... A>
  T& emplace_back(A&&... arguments) {
    T* const place = ::new (static_cast<void*>(records_ + size_ * sizeof(T))) T(std::forward<A>(arguments)...);
    ++size_;
    return *place;
  }
  /// Removes the last record.
  void pop_back() {
    --size_;
    data()[size_].~T();
  }
  void destroy_records() {
    if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(data(), size_);
    size_ = 0;
  }

 private:
  static constexpr std::align_val_t alignment{alignof(T) > 64 ? alignof(T) : 64};
};

namespace detail {

/// Adds up what a record holds on the heap, by its own description.
class heap_meter : public cereal::OutputArchive<heap_meter, cereal::AllowEmptyClassElision> {
 public:
  heap_meter() : OutputArchive(this) {}
  std::size_t bytes = 0;
};
template <plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(heap_meter&, T const&) {}
inline void CEREAL_SAVE_FUNCTION_NAME(heap_meter& meter, std::string const& s) {
  if (s.capacity() >= sizeof(std::string) / 2) meter.bytes += s.capacity() + 1;
}
inline void CEREAL_SAVE_FUNCTION_NAME(heap_meter&, timestamp const&) {}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(heap_meter& meter, cereal::NameValuePair<T> const& pair) { meter(pair.value); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(heap_meter& meter, cereal::SizeTag<T> const& tag) { meter.bytes += 16 * static_cast<std::size_t>(tag.size); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(heap_meter& meter, cereal::BinaryData<T> const& data) { meter.bytes += static_cast<std::size_t>(data.size); }

template <class T>
struct typed_batch_operations {
  static batch<T>& typed(batch_base& b) { return static_cast<batch<T>&>(b); }
  static batch<T> const& typed(batch_base const& b) { return static_cast<batch<T> const&>(b); }

  static batch_ref create(std::uint32_t capacity) { return batch_ref(new batch<T>(capacity)); }
  static void destroy(batch_base* b) { delete static_cast<batch<T>*>(b); }
  static void clear(batch_base& b) { typed(b).destroy_records(); }

  static void append(batch_base& to, batch_base& from, std::uint32_t first, std::uint32_t count, bool move) {
    if (to.empty()) to.columns_like(from);
    std::uint32_t const at = to.size();
    auto& target = typed(to);
    auto& source = typed(from);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (move) target.emplace_back(std::move(source[first + i]));
      else target.emplace_back(std::as_const(source[first + i]));
    }
    for (std::uint32_t i = 0; i < count && to.has_timestamps(); ++i) to.timestamps()[at + i] = from.timestamps()[first + i];
    for (std::uint32_t i = 0; i < count && to.has_hashes(); ++i) to.hashes()[at + i] = from.hashes()[first + i];
  }

  static void scatter(batch_base& from, std::uint32_t first, std::uint32_t count, std::uint16_t const* target,
                      std::span<batch_base* const> to, bool move) {
    scatter_to(from, first, count, [target](std::uint32_t i) { return target[i]; }, to, move);
  }
  static void scatter_by_hash(batch_base& from, std::uint32_t first, std::uint32_t count, std::span<std::uint16_t const> target_of_group,
                              std::span<batch_base* const> to, bool move) {
    auto const target = [hashes = from.hashes().data() + first, of_group = target_of_group.data(),
                         groups = static_cast<std::uint32_t>(target_of_group.size())](std::uint32_t i) {
      return of_group[key_group_of(hashes[i], groups)];
    };
    scatter_to(from, first, count, target, to, move);
  }
  template <class Target>
  static void scatter_to(batch_base& from, std::uint32_t first, std::uint32_t count, Target target, std::span<batch_base* const> to, bool move) {
    for (auto* const t : to)
      if (t->empty()) t->columns_like(from);
    if constexpr (std::is_trivially_copyable_v<T>) {
      if (to.size() <= few_targets && from.has_hashes())
        return from.has_timestamps() ? scatter_columns<true>(from, first, count, target, to)
                                     : scatter_columns<false>(from, first, count, target, to);
    }
    T* const records = typed(from).data() + first;
    for (std::uint32_t i = 0; i < count; ++i) {
      auto& b = typed(*to[target(i)]);
      std::uint32_t const at = b.size();
      if (from.has_timestamps()) b.add_timestamps()[at] = from.timestamps()[first + i];
      if (from.has_hashes()) b.add_hashes()[at] = from.hashes()[first + i];
      if (move) b.emplace_back(std::move(records[i]));
      else b.emplace_back(std::as_const(records[i]));
    }
  }
  static constexpr std::size_t few_targets = 64;
  /// The common case in one pass: all columns, ends in a local array.
  template <bool stamped, class Target>
  static void scatter_columns(batch_base& from, std::uint32_t first, std::uint32_t count, Target target, std::span<batch_base* const> to) {
    struct destination {
      T* records;
      timestamp* timestamps;
      std::uint64_t* hashes;
      std::uint64_t size;
    } ends[few_targets];
    for (std::size_t t = 0; t < to.size(); ++t)
      ends[t] = {typed(*to[t]).data(), stamped ? to[t]->add_timestamps() : nullptr, to[t]->add_hashes(), to[t]->size()};
    T const* const records = typed(from).data() + first;
    timestamp const* const timestamps = stamped ? from.timestamps().data() + first : nullptr;
    std::uint64_t const* const hashes = from.hashes().data() + first;
    for (std::uint32_t i = 0; i < count; ++i) {
      destination& end = ends[target(i)];
      std::uint64_t const at = end.size++;
      end.records[at] = records[i];
      if constexpr (stamped) end.timestamps[at] = timestamps[i];
      end.hashes[at] = hashes[i];
    }
    for (std::size_t t = 0; t < to.size(); ++t) to[t]->set_size(static_cast<std::uint32_t>(ends[t].size));
  }

  static std::size_t heap(batch_base const& b) {
    heap_meter meter;
    if constexpr (!std::is_trivially_copyable_v<T> && cereal::traits::is_output_serializable<T, heap_meter>::value)
      for (auto const& record : typed(b)) meter(record);
    return meter.bytes;
  }

  static void encode(batch_base const& b, bytes& out) {
    encoder archive(out);
    archive(std::uint64_t{b.size()});
    if constexpr (describable<T>) {
      for (auto const& record : typed(b)) archive(record);
    } else {
      archive.write(typed(b).data(), b.size() * sizeof(T));
    }
    archive(std::uint64_t{b.timestamps().size()});
    for (auto t : b.timestamps()) archive(t);
    archive(std::uint64_t{b.hashes().size()});
    for (auto h : b.hashes()) archive(h);
  }
  static void decode(batch_base& b, decoder& in) {
    std::uint64_t size = 0;
    in(size);
    if (size > b.capacity()) throw error(error_code::bad_record, "an encoded batch of " + std::to_string(size) + " records exceeds " + std::to_string(b.capacity()));
    b.clear();
    for (std::uint64_t i = 0; i < size; ++i) {
      T& record = typed(b).emplace_back();
      if constexpr (describable<T>) in(record); else in.read(&record, sizeof(T));
    }
    if (has_column(size, in)) for (auto* t = b.add_timestamps(); t != b.add_timestamps() + size; ++t) in(*t);
    if (has_column(size, in)) for (auto* h = b.add_hashes(); h != b.add_hashes() + size; ++h) in(*h);
  }
  static bool has_column(std::uint64_t size, decoder& in) {
    std::uint64_t found = 0;
    in(found);
    if (found != 0 && found != size)
      throw error(error_code::bad_record, "an encoded batch of " + std::to_string(size) + " records has a column of " + std::to_string(found));
    return found > 0;
  }

  static std::string print(batch_base const& b, std::uint32_t index) { return to_json(typed(b)[index]); }

  static constexpr bool encodable = describable<T> ? cereal::traits::is_input_serializable<T, decoder>::value : std::is_trivially_copyable_v<T>;
  static constexpr auto encode_if_possible() -> void (*)(batch_base const&, bytes&) {
    if constexpr (encodable) return &encode; else return nullptr;
  }
  static constexpr auto decode_if_possible() -> void (*)(batch_base&, decoder&) {
    if constexpr (encodable) return &decode; else return nullptr;
  }
  static constexpr batch_type value{sizeof(T), &create, &destroy, &clear, &append, &scatter, &scatter_by_hash, &heap,
                                    encode_if_possible(), decode_if_possible(), &print, &schema_of<T>};
};

}  // namespace detail

/// The operations on batches of T.
template <class T>
inline constexpr batch_type const& batch_type_of = detail::typed_batch_operations<T>::value;

template <class T>
batch<T>::batch(std::uint32_t capacity) : batch_base(batch_type_of<T>, capacity) {
  records_ = static_cast<std::byte*>(::operator new(capacity * sizeof(T), alignment));
}

}  // namespace flow

CEREAL_REGISTER_ARCHIVE(flow::detail::heap_meter)
