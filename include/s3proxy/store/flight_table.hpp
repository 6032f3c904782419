#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/store/flight.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace s3proxy::store {

/// The questions about an object that are being asked of the store right now, one for each (object,
/// principal): who asks the same meanwhile waits for the answer. Principals do not share: a verdict belongs
/// to the one who asked. Thread-safe.
class flight_table {
 public:
  /// The right to ask. When it dies the question is over: it leaves the table and wakes those who wait.
  class question {
   public:
    question(flight_table& table, cache::object_id id, base::principal_id asker,
             std::shared_ptr<flight> asked);
    question(question&&) noexcept = default;
    question& operator=(question&&) = delete;
    ~question();

    /// What those who wait sleep on.
    flight& asked() const { return *asked_; }

   private:
    flight_table* table_;
    cache::object_id id_;
    base::principal_id asker_;
    std::shared_ptr<flight> asked_;
  };

  struct turn {
    std::unique_ptr<question> mine;  ///< set for the one who asks
    std::shared_ptr<flight> theirs;  ///< set for those who wait
  };
  turn ask_or_wait(cache::object_id const& id, base::principal_id const& asker);

  std::size_t count() const;

 private:
  struct key {
    cache::object_id id;
    base::principal_id asker;
    friend bool operator==(key const&, key const&) = default;
  };
  struct key_hash {
    std::size_t operator()(key const& k) const {
      return cache::object_id_hash{}(k.id) ^ std::hash<base::principal_id>{}(k.asker);
    }
  };

  mutable std::mutex mutex_;
  std::unordered_map<key, std::shared_ptr<flight>, key_hash> open_;
};

}  // namespace s3proxy::store
