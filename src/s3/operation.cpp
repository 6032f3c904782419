#include "s3proxy/s3/operation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

using enum operation;
using http::method;

// They say who asks or which SDK call it was, never what for.
constexpr std::array<std::string_view, 9> neutral_parameters{"x-id",
                                                             "X-Amz-Algorithm",
                                                             "X-Amz-Credential",
                                                             "X-Amz-Date",
                                                             "X-Amz-Expires",
                                                             "X-Amz-SignedHeaders",
                                                             "X-Amz-Signature",
                                                             "X-Amz-Security-Token",
                                                             "X-Amz-Content-Sha256"};

constexpr std::string_view anything = "*";
constexpr std::string_view any_header = "x-amz-";

/// The words of a list that spaces separate: takes them off its front.
std::string_view next_word(std::string_view& list) {
  auto const end = std::min(list.find(' '), list.size());
  auto const word = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return word;
}

template <class Test>
bool any_word(std::string_view list, Test const& holds) {
  while (!list.empty()) {
    if (holds(next_word(list))) {
      return true;
    }
  }
  return false;
}

/// A header in the query, but for those that name another object: what they reach is decided by the header.
bool is_harmless_header(std::string_view name) {
  return http::has_prefix(name, any_header) && !http::has_prefix(name, "x-amz-copy-source") &&
         !http::has_prefix(name, "x-amz-rename-source");
}

/// `deciding` is a parameter of a row: `name`, `name=` or `name=value`.
bool is_there(std::string_view deciding, http::query_list const& query) {
  auto const equals = deciding.find('=');
  auto const value = query.find(deciding.substr(0, equals));
  if (!value || equals == deciding.npos) {
    return value.has_value();
  }
  auto const wanted = deciding.substr(equals + 1);
  return wanted.empty() ? !value->empty() : *value == wanted;
}

bool may_come_along(operation_row const& row, std::string_view name) {
  return std::ranges::find(neutral_parameters, name) != neutral_parameters.end() ||
         any_word(row.parameters,
                  [&](std::string_view one) { return one.substr(0, one.find('=')) == name; }) ||
         any_word(row.companions, [&](std::string_view one) {
           return one == name || (one == any_header && is_harmless_header(name));
         });
}

/// True when every parameter belongs to the row, and none comes twice: which of two values counts is the
/// store's to say, so such a request must not be answered as if we knew.
bool holds_only_its_own(operation_row const& row, http::query_list const& query) {
  for (auto at = query.begin(); at != query.end(); ++at) {
    bool const twice =
        std::any_of(query.begin(), at, [&](http::query_parameter const& p) { return p.name == at->name; });
    if (twice || !may_come_along(row, at->name)) {
      return false;
    }
  }
  return true;
}

bool header_fits(std::string_view wanted, http::field_list const& fields) {
  if (wanted.empty()) {
    return true;
  }
  auto const colon = wanted.find(':');
  auto const value = fields.find(wanted.substr(0, colon));
  return value && (colon == wanted.npos || http::has_prefix(*value, wanted.substr(colon + 2)));
}

bool query_fits(operation_row const& row, http::query_list const& query) {
  auto const lacks = [&](std::string_view one) { return !is_there(one, query); };
  return !any_word(row.parameters, lacks) && (row.companions == anything || holds_only_its_own(row, query));
}

place place_of(address const& where) {
  return where.is_object() ? place::object : where.is_bucket() ? place::bucket : place::service;
}

bool may_write(method how) {
  return how == method::put || how == method::post || how == method::del;
}

}  // namespace

operation classify(http::method how, address const& where, http::query_list const& query,
                   http::field_list const& fields) {
  if (how == method::options) {
    return preflight;
  }
  auto const at = place_of(where);
  auto const fits = [&](operation_row const& row) {
    return row.method == how && row.where == at && header_fits(row.header, fields) && query_fits(row, query);
  };
  auto const all = operations();
  auto const found = std::ranges::find_if(all, fits);
  return found == all.end() ? other : found->op;
}

effect effect_of(operation op, http::method how, address const& where) {
  if (op != other || !may_write(how)) {
    return describe(op).changes;
  }
  if (where.is_object()) {
    return effect::writes_key;
  }
  return where.is_bucket() ? effect::writes_bucket : effect::none;
}

treatment treatment_of(operation op, http::method how, address const& where) {
  auto const may_list = op == other && how == method::get && where.is_bucket();
  return may_list ? treatment::scanned_list : describe(op).how;
}

}  // namespace s3proxy::s3
