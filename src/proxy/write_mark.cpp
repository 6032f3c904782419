#include "s3proxy/proxy/write_mark.hpp"

namespace s3proxy::proxy {

write_mark::write_mark(exchange& ex)
    : ex_(ex),
      effect_(s3::effect_of(ex.op, ex.head.method, ex.where)),
      whole_bucket_(effect_ == s3::effect::writes_bucket) {
  raise();
}

void write_mark::add(std::string_view key, bool cut_off) {
  if (cut_off || keys_.size() >= ex_.shared().config.limits.listed_delete_keys) {
    whole_bucket_ = true;
    ex_.shared().epochs.raise(ex_.where.bucket);
    return;
  }
  keys_.emplace_back(key);
  ex_.shared().epochs.raise(ex_.where.bucket, keys_.back());
}

void write_mark::names_ended() {
  if (effect_ == s3::effect::writes_keys && keys_.empty()) {
    whole_bucket_ = true;
    raise();
  }
}

void write_mark::raise() {
  auto& epochs = ex_.shared().epochs;
  if (whole_bucket_) {
    epochs.raise(ex_.where.bucket);
  }
  if (effect_ == s3::effect::writes_key) {
    epochs.raise(ex_.where.bucket, ex_.where.key);
  }
  for (auto const& key : keys_) {
    epochs.raise(ex_.where.bucket, key);
  }
}

}  // namespace s3proxy::proxy
