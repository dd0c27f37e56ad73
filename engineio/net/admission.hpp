#pragma once

#include "engineio/net/http_options.hpp"
#include "engineio/net/keyed_hash.hpp"
#include "engineio/net/result.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace engineio::net {

// How many connections a listener has, in all and of each address (address_group()). Touched when a
// connection is accepted and when it is closed, on any thread, and only with one of the two
// options; holds no address without connections.
class Admission : public std::enable_shared_from_this<Admission> {
public:
    // A connection's right to be open: goes with it from shard to shard, and back with its
    // destruction.
    class Seat {
    public:
        explicit Seat(std::string group) : group_(std::move(group)) {}
        ~Seat();
        Seat(Seat const&) = delete;
        Seat& operator=(Seat const&) = delete;

    private:
        friend class Admission;
        std::shared_ptr<Admission> admission_;  // null until it is counted
        std::string group_;
    };

    // Null if the options limit neither.
    static std::shared_ptr<Admission> make(HttpOptions const& options);
    Admission(std::size_t most, std::size_t most_of_address)
        : most_(most), most_of_address_(most_of_address) {}

    // A seat for a peer of this address, or the name of the option that has none left.
    Result<std::unique_ptr<Seat>, std::string_view> enter(std::string_view address);

    std::size_t addresses() const;

private:
    void leave(std::string const& group);

    std::size_t const most_;
    std::size_t const most_of_address_;
    mutable std::mutex mutex_;  // guards the two below
    std::size_t open_ = 0;
    std::unordered_map<std::string, std::size_t, KeyedHash> groups_;
};

}  // namespace engineio::net
