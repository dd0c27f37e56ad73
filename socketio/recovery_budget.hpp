#pragma once

#include "engineio/limits.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

namespace socketio {

/// What the recoveries of all namespaces of a server keep together. Clients name namespaces, so
/// numbers of each would bound nothing. When there is too much of something, the family of
/// namespaces with the most of it gives way (the children of one parent are a family, any other
/// namespace is one of its own), in it the namespace with the most, and there the oldest, whether
/// anything happens in it or not. So who floods namespaces costs their family, and first those.
///
/// Any thread. A recovery tells its amounts under its own lock, and is asked to give way without.
class RecoveryBudget {
public:
    enum Kind : std::size_t { packets, packet_bytes, sessions, session_bytes, kinds };
    using Amounts = std::array<std::size_t, kinds>;
    struct Bounds {
        std::size_t max_packets = engineio::limits::max_recovery_packets;
        std::size_t max_bytes = engineio::limits::max_recovery_bytes;  ///< of each of the two
        std::size_t max_sessions = engineio::limits::max_recovery_sessions;
    };
    class Account;

    explicit RecoveryBudget(Bounds bounds)
        : bounds_{bounds.max_packets, bounds.max_bytes, bounds.max_sessions, bounds.max_bytes} {}

    /// After something was added: asks others, or who has added it, until nothing is too much.
    void enforce();
    Amounts amounts() const;

private:
    // Orders what has a `rank` by its amounts.
    template <class T>
    class Ranking {
        struct Less {
            Kind kind;
            bool operator()(T const* a, T const* b) const;
        };
        using Order = std::set<T*, Less>;

    public:
        struct Rank {
            std::uint64_t number;  // no two have the same
            Amounts amounts{};
            std::array<typename Order::iterator, kinds> places{};
        };

        void add(T& one);  // wholly or not at all
        void remove(T& one);
        void set(T& one, Amounts const& amounts);
        bool empty() const { return orders_[packets].empty(); }
        T& most(Kind kind) const { return **orders_[kind].rbegin(); }

    private:
        using Orders = std::array<Order, kinds>;
        static Orders none() {
            return {Order({packets}), Order({packet_bytes}), Order({sessions}),
                    Order({session_bytes})};
        }
        Orders orders_ = none();
    };
    struct Family {
        Ranking<Family>::Rank rank{};
        Ranking<Account> members{};
    };
    using Families = std::map<void const*, Family>;
    struct Excess {
        Kind kind;
        Account* account;
    };

    void join(Account& account, void const* family);
    void leave(Account& account);
    void set(Account& account, Amounts const& amounts);
    std::optional<Excess> excess() const;

    Amounts const bounds_;
    std::mutex giving_way_;     // guards who is asked to from leaving; the outermost
    mutable std::mutex mutex_;  // guards what follows, and the accounts; the innermost
    Amounts sums_{};
    Families families_;
    Ranking<Family> ranking_;  // of the families
    std::uint64_t next_number_ = 0;
    std::atomic<bool> is_too_much_ = false;
};

/// One namespace's part of it, while there is one.
class RecoveryBudget::Account {
public:
    /// Lets go of its oldest of that kind, and set()s what is left.
    using GiveWay = std::function<void(Kind kind)>;

    /// `family`: whatever names it.
    Account(std::shared_ptr<RecoveryBudget> budget, void const* family, GiveWay give_way);
    ~Account();
    Account(Account const&) = delete;
    Account& operator=(Account const&) = delete;

    void set(Amounts const& amounts);
    void enforce() { budget_->enforce(); }

private:
    friend class RecoveryBudget;

    std::shared_ptr<RecoveryBudget> const budget_;
    GiveWay const give_way_;
    Families::iterator family_{};
    Ranking<Account>::Rank rank{};  // changes under the lock of its owner, too
};

}  // namespace socketio
