#include "real_store.hpp"

#include "s3proxy/store/block_store.hpp"

#include "chance.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

namespace s3proxy::hitratio {
namespace {

using base::byte_count;
using base::byte_span;

std::uint64_t stamp_of(std::uint64_t generation, byte_count cell_begin) {
  return chance(generation * 0x9e3779b97f4a7c15ULL ^ cell_begin).next();
}

/// A cell's stamp is its first bytes; the rest of its memory is not even touched.
void put_stamps(std::span<char> room, std::uint64_t generation, byte_count begin) {
  for (std::size_t at = 0; at < room.size(); at += cache::cell_size) {
    auto const stamp = stamp_of(generation, begin + at);
    std::memcpy(room.data() + at, &stamp, std::min(sizeof stamp, room.size() - at));
  }
}

void check_stamps(std::string_view bytes, std::uint64_t generation, byte_count begin) {
  auto const skipped = base::round_up(begin, cache::cell_size) - begin;
  for (std::size_t at = skipped; at < bytes.size(); at += cache::cell_size) {
    auto const stamp = stamp_of(generation, begin + at);
    if (std::memcmp(bytes.data() + at, &stamp, std::min(sizeof stamp, bytes.size() - at)) != 0) {
      throw wrong_byte("the store gave another cell's bytes");
    }
  }
}

class reader {
 public:
  reader(trace const& asked, std::size_t blocks) : store_(blocks * cache::block_size) {
    for (auto const& one : asked.objects) {
      auto& facts = objects_.emplace_back();
      facts.id.size = one.size;
      facts.generation = objects_.size();
      facts.form = one.columnar ? cache::object_form::columnar : cache::object_form::other;
    }
  }

  /// Gives the bytes of cells that were missing.
  byte_count read(request const& asked) {
    auto const& facts = objects_[asked.object];
    byte_count lacked = 0;
    for (auto const& run : store_.missing(facts, asked.span)) {
      lacked += base::round_up(run.size(), cache::cell_size);
      fill(facts, run);
    }
    for (auto at = asked.span.begin; at < asked.span.end;) {
      auto const found = store_.find(facts, {at, asked.span.end}, store::block_store::use::counts,
                                     store::scan_tag{asked.scan});
      if (found.bytes.empty()) {
        fill(facts, {at, at + 1});  // it was evicted while the rest came
      }
      check_stamps(found.bytes, facts.generation, at);
      at += found.bytes.size();
    }
    return lacked;
  }

 private:
  void fill(cache::object_facts const& facts, byte_span run) {
    auto permit = store_.claim(facts, run, std::make_shared<store::flight>());
    for (auto at = permit.span().begin; at < permit.span().end;) {
      auto const room = permit.room(at);
      if (room.empty()) {
        at += cache::cell_size;
        continue;
      }
      put_stamps(room, facts.generation, at);
      permit.written(at, room.size());
      at += room.size();
    }
  }

  store::block_store store_;
  std::vector<cache::object_facts> objects_;
};

byte_count cells_of(byte_span span) {
  return base::round_up(span.end, cache::cell_size) - base::round_down(span.begin, cache::cell_size);
}

}  // namespace

outcome play_store(trace const& asked, std::size_t blocks) {
  outcome out;
  reader through(asked, blocks);
  for (std::size_t i = 0; i < asked.requests.size(); ++i) {
    auto const lacked = through.read(asked.requests[i]);
    if (i >= warm_up(asked.requests.size())) {
      auto const wanted = cells_of(asked.requests[i].span);
      out.count(lacked == 0, wanted, wanted - lacked);
    }
  }
  return out;
}

}  // namespace s3proxy::hitratio
