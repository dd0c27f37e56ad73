#pragma once

#include "engineio/config.hpp"

#include <optional>

namespace engineio {

// Adds the CORS headers for this request (reference-behaviour 1.10). A preflight, an OPTIONS
// request to be answered at once, gives its whole answer, `headers` included. CORS never refuses a
// request by itself. Throws what an origin predicate or delegate throws.
std::optional<net::Response> apply_cors(Cors const& cors, net::Request const& request,
                                        net::Headers& headers);

// The request comes from a page of the host that it asks.
bool is_own_origin(net::Request const& request);

// Whether pages of the request's origin may open sessions (Options::allowed_origins). Throws what
// an origin predicate or delegate throws.
bool admits_origin(Options const& options, net::Request const& request);

}  // namespace engineio
