#pragma once

#include "engineio/config.hpp"

#include <optional>
#include <string>

namespace engineio {

// Adds the CORS headers for this request (reference-behaviour 1.10). A preflight, an OPTIONS
// request to be answered at once, gives its whole answer, `headers` included. CORS never refuses a
// request by itself. Throws what an origin predicate or delegate throws.
std::optional<net::Response> apply_cors(Cors const& cors, net::Request const& request,
                                        net::Headers& headers);

// The request comes from a page of the host that it asks.
bool is_own_origin(net::Request const& request);

// The origin of the page that asks; empty if none does, or our own. The <script> of JSONP says no
// Origin, so there the browser's other words count: Sec-Fetch-Site, then Referer, both of which a
// page may withhold but not forge. A page of which nothing is known has the origin "null", as
// sandboxed ones.
std::string page_origin(net::Request const& request, bool jsonp);

// Whether pages of the origin may have sessions (Options::allowed_origins). Throws what an origin
// predicate or delegate throws.
bool admits_origin(Options const& options, net::Request const& request, std::string const& origin);

}  // namespace engineio
