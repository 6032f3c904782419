#include "s3proxy/proxy/roster.hpp"

namespace s3proxy::proxy {

roster_ptr roster_of_one(std::shared_ptr<s3::credentials const> const& pair, unsigned_access others) {
  auto made = std::make_shared<roster>();
  if (!pair) {
    made->unsigned_clients = std::make_shared<principal const>();
    return made;
  }
  // Rights are the key's: a new key begins without any.
  auto const signer = std::make_shared<principal const>(
      principal{base::principal_id(pair->key_id.str()), [pair] { return pair; }});
  made->principals.emplace(signer->id, signer);
  made->identities.emplace(pair->key_id.str(), s3::identity{*pair, signer->id, {}, {}});
  if (others == unsigned_access::signed_for) {
    made->unsigned_clients = signer;
  }
  return made;
}

}  // namespace s3proxy::proxy
