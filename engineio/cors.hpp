#pragma once

#include "engineio/config.hpp"

namespace engineio {

enum class CorsResult { proceed, preflight };

// Adds the CORS headers for this request (reference-behaviour 1.10). `preflight`: it is an OPTIONS
// request to be answered 204 with them and nothing else. CORS never refuses a request by itself.
CorsResult add_cors_headers(CorsOptions const& options, net::Request const& request,
                            net::Headers& headers);

}  // namespace engineio
