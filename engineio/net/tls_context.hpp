#pragma once

#include "engineio/net/result.hpp"
#include "engineio/net/tls_options.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace engineio::net {

// The loaded certificates of a listener: immutable, shared by every connection that began with
// them, so that a reload disturbs none. Only the tls_* files look inside.
class TlsCertificates;

// The certificates new connections get, and their renewal. Owned by HttpServer; any thread.
class TlsContext {
public:
    // Reads the files. Throws std::runtime_error naming the file and what is wrong with it.
    explicit TlsContext(TlsOptions options);

    std::shared_ptr<TlsCertificates const> current() const;

    // Reads the files again without using them yet; an error says what is wrong with which file.
    Result<std::shared_ptr<TlsCertificates const>, std::string> read() const;
    // Makes them what new connections get.
    void use(std::shared_ptr<TlsCertificates const> certificates);

private:
    TlsOptions const options_;
    mutable std::mutex mutex_;  // guards current_, which a reload replaces on any thread
    std::shared_ptr<TlsCertificates const> current_;
};

}  // namespace engineio::net
