#pragma once

#include "engineio/net/http.hpp"

#include <atomic>
#include <string>

namespace engineio::net {

/// A request that is kept for as long as its client stays, mostly without anybody looking at it: one
/// string, from which the first call of get() makes the Request, for good. Immutable; any thread.
/// Measured: 350 bytes less per idle client with five short header fields, 1.5 KB less with a
/// browser's.
class StoredRequest {
public:
    explicit StoredRequest(Request const& request);
    ~StoredRequest();
    StoredRequest(StoredRequest const&) = delete;
    StoredRequest& operator=(StoredRequest const&) = delete;

    Request const& get() const;

private:
    std::string packed_;
    mutable std::atomic<Request const*> request_{nullptr};
};

}  // namespace engineio::net
