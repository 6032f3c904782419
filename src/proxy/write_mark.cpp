#include "s3proxy/proxy/write_mark.hpp"

namespace s3proxy::proxy {
namespace {

void raise_key(exchange& ex, base::object_key const& key) {
  auto& epochs = ex.shared().epochs;
  epochs.raise(ex.where.bucket, key);
  if (auto const other_name = s3::folded(key); other_name != key) {
    epochs.raise(ex.where.bucket, other_name);
  }
}

}  // namespace

write_mark::write_mark(exchange& ex)
    : ex_(ex),
      effect_(s3::effect_of(ex.op, ex.head.method, ex.where)),
      whole_bucket_(effect_ == s3::effect::writes_bucket) {
  raise();
}

void write_mark::add(std::string_view key, bool cut_off) {
  constexpr std::size_t longest_key = 1024;
  if (cut_off || key.size() > longest_key || keys_.size() >= ex_.shared().config.limits.listed_delete_keys) {
    whole_bucket_ = true;
    ex_.shared().epochs.raise(ex_.where.bucket);
    return;
  }
  keys_.emplace_back(key);
  raise_key(ex_, keys_.back());
}

void write_mark::names_ended() {
  if (effect_ == s3::effect::writes_keys && keys_.empty()) {
    whole_bucket_ = true;
    raise();
  }
}

void write_mark::raise() {
  if (whole_bucket_) {
    ex_.shared().epochs.raise(ex_.where.bucket);
  }
  if (effect_ == s3::effect::voids_rights) {
    ex_.shared().epochs.raise_rights(ex_.where.bucket);
  }
  if (effect_ == s3::effect::writes_key) {
    raise_key(ex_, ex_.where.key);
  }
  for (auto const& key : keys_) {
    raise_key(ex_, key);
  }
}

}  // namespace s3proxy::proxy
