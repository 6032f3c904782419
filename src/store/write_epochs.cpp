#include "s3proxy/store/write_epochs.hpp"

#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

namespace s3proxy::store {

namespace {

base::object_key const& rights_of_all_keys() {
  static base::object_key const name(std::string_view("\0rights", 7));
  return name;
}

}  // namespace

write_epochs::write_epochs() : table_(std::make_unique<std::array<std::atomic<std::uint64_t>, slots>>()) {
  auto const bytes = base::random_bytes();
  std::memcpy(&seed_, bytes.data(), sizeof seed_);
}

void write_epochs::raise(base::bucket_name const& bucket, base::object_key const& key) {
  raise(slot(bucket, key));
}

// No key is empty, so the bucket itself has a slot of its own.
void write_epochs::raise(base::bucket_name const& bucket) {
  raise(slot(bucket, base::object_key()));
}

// No key holds a NUL, so neither does the name of this slot meet that of another.
void write_epochs::raise_rights(base::bucket_name const& bucket) {
  raise(slot(bucket, rights_of_all_keys()));
}

std::uint64_t write_epochs::rights_raised(base::bucket_name const& bucket) const {
  return slot(bucket, rights_of_all_keys()).load(std::memory_order_acquire);
}

std::uint64_t write_epochs::raised(base::bucket_name const& bucket, base::object_key const& key) const {
  return std::max(slot(bucket, key).load(std::memory_order_acquire),
                  slot(bucket, base::object_key()).load(std::memory_order_acquire));
}

std::atomic<std::uint64_t>& write_epochs::slot(base::bucket_name const& bucket,
                                               base::object_key const& key) const {
  std::hash<std::string> const hash;
  auto mixed = hash(bucket.str()) * 0x9e3779b97f4a7c15ULL + hash(key.str()) + seed_;
  mixed ^= mixed >> 32;
  mixed *= 0xd6e8feb86659fd93ULL;
  mixed ^= mixed >> 32;
  return (*table_)[mixed % slots];
}

// Two writers of one slot: the later order must win whatever the interleaving.
void write_epochs::raise(std::atomic<std::uint64_t>& slot) {
  auto const order = next();
  auto seen = slot.load(std::memory_order_relaxed);
  while (seen < order && !slot.compare_exchange_weak(seen, order, std::memory_order_acq_rel)) {
  }
}

}  // namespace s3proxy::store
