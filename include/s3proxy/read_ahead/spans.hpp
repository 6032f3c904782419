#pragma once

#include "s3proxy/base/units.hpp"

#include <vector>

namespace s3proxy::read_ahead {

/// Spans in no order, none empty, none over another.
using span_set = std::vector<base::byte_span>;

/// Takes `span` out of `from`; gives how many bytes of it were there.
base::byte_count take(span_set& from, base::byte_span span);
/// Puts `span` in: what of it is there already is there once.
void add(span_set& to, base::byte_span span);
/// What of `span` is not in `held`, in ascending order.
span_set not_in(base::byte_span span, span_set const& held);
base::byte_count size_of(span_set const& spans);

}  // namespace s3proxy::read_ahead
