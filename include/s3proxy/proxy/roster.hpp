#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/s3/identity.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::proxy {

/// Who signs towards the store. Rights belong to it, so its id changes when what it stands for changes.
struct principal {
  base::principal_id id;
  /// Its pair of the moment; gives null while there is none (expired, and not to be had). Empty: it does not
  /// sign at all: the public.
  upstream::current_credentials credentials;
};

/// Who may come, and who signs for them, as of one moment. Immutable: a reload replaces it whole, and a
/// request keeps the one it began with.
struct roster {
  std::map<std::string, s3::identity, std::less<>> identities;  ///< by access key id
  std::map<base::principal_id, std::shared_ptr<principal const>> principals;
  /// As whom unsigned requests go to the store; null: they are refused.
  std::shared_ptr<principal const> unsigned_clients;

  s3::identity const* find(std::string_view key_id) const {
    auto const found = identities.find(key_id);
    return found == identities.end() ? nullptr : &found->second;
  }
};
using roster_ptr = std::shared_ptr<roster const>;

/// The roster of zero configuration: clients sign with the store's own pair (docs/configuration.md); without
/// one everybody is the public.
enum class unsigned_access { refused, signed_for };
roster_ptr roster_of_one(std::shared_ptr<s3::credentials const> const& pair, unsigned_access others);

}  // namespace s3proxy::proxy
