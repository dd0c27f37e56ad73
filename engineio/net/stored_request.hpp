#pragma once

#include "engineio/net/http.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

/// A request that is kept for as long as its client stays, mostly without anybody looking at it, as
/// one string: 350 bytes less per idle client with five short header fields, 1.5 KB less with a
/// browser's, and 150 KB less with the two thousand that fit into a head. What is looked up is
/// found in there. Immutable; any thread; views live as long as it does.
class StoredRequest {
public:
    explicit StoredRequest(Request const& request);

    /// The request as it was: a copy, nothing of it is kept here.
    Request unpack() const;

    /// One header field, by its lower-case name; nothing if there is none.
    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    std::string_view target() const;
    std::string_view remote_address() const;
    bool secure() const;

private:
    std::string packed_;
};

}  // namespace engineio::net
