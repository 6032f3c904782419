#include "s3proxy/s3/storage_class.hpp"

namespace s3proxy::s3 {

storage_class storage_class_named(std::string_view name) {
  if (name.empty() || name == "STANDARD") {
    return storage_class::standard;
  }
  return name == "EXPRESS_ONEZONE" ? storage_class::express_onezone : storage_class::other;
}

storage_class told_storage_class(http::header_list const& fields) {
  if (fields.contains("x-amz-archive-status") || fields.contains("x-amz-restore")) {
    return storage_class::other;
  }
  return storage_class_named(fields.find("x-amz-storage-class").value_or(""));
}

}  // namespace s3proxy::s3
