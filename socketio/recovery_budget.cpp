#include "socketio/recovery_budget.hpp"

#include <iterator>
#include <tuple>
#include <utility>

namespace socketio {

template <class T>
bool RecoveryBudget::Ranking<T>::Less::operator()(T const* a, T const* b) const {
    return std::tie(a->rank.amounts[kind], a->rank.number) <
           std::tie(b->rank.amounts[kind], b->rank.number);
}

template <class T>
void RecoveryBudget::Ranking<T>::add(T& one) {
    auto fresh = none();
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        one.rank.places[kind] = fresh[kind].insert(&one).first;
    }
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        orders_[kind].merge(fresh[kind]);
    }
}

template <class T>
void RecoveryBudget::Ranking<T>::remove(T& one) {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        orders_[kind].erase(one.rank.places[kind]);
    }
}

// Mostly its place stays the same, which the hint makes cheap.
template <class T>
void RecoveryBudget::Ranking<T>::set(T& one, Amounts const& amounts) {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        auto& place = one.rank.places[kind];
        if (one.rank.amounts[kind] != amounts[kind]) {
            auto const hint = std::next(place);
            auto node = orders_[kind].extract(place);
            one.rank.amounts[kind] = amounts[kind];
            place = orders_[kind].insert(hint, std::move(node));
        }
    }
}

void RecoveryBudget::join(Account& account, void const* name) {
    std::lock_guard const lock(mutex_);
    Families fresh;
    auto family = families_.find(name);
    if (family == families_.end()) {
        family = fresh.try_emplace(name).first;
        family->second.rank.number = next_number_++;
    }
    account.family_ = family;
    account.rank.number = next_number_++;
    family->second.members.add(account);
    if (!fresh.empty()) {
        ranking_.add(family->second);
        families_.merge(fresh);
    }
}

void RecoveryBudget::leave(Account& account) {
    std::lock_guard const nobody_is_asked(giving_way_);
    std::lock_guard const lock(mutex_);
    set(account, {});
    auto& family = account.family_->second;
    family.members.remove(account);
    if (family.members.empty()) {
        ranking_.remove(family);
        families_.erase(account.family_);
    }
}

// With the lock.
void RecoveryBudget::set(Account& account, Amounts const& amounts) {
    auto& family = account.family_->second;
    auto of_family = family.rank.amounts;
    bool is_too_much = false;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        auto const change = amounts[kind] - account.rank.amounts[kind];  // may wrap, and back
        of_family[kind] += change;
        sums_[kind] += change;
        is_too_much |= sums_[kind] > bounds_[kind];
    }
    family.members.set(account, amounts);
    ranking_.set(family, of_family);
    is_too_much_.store(is_too_much, std::memory_order_relaxed);
}

std::optional<RecoveryBudget::Excess> RecoveryBudget::excess() const {
    std::lock_guard const lock(mutex_);
    for (auto const kind : {packets, packet_bytes, sessions, session_bytes}) {
        if (sums_[kind] > bounds_[kind]) {
            return Excess{kind, &ranking_.most(kind).members.most(kind)};
        }
    }
    return std::nullopt;
}

// Who has added something sees that it is too much, or another one who has done so later does.
void RecoveryBudget::enforce() {
    if (!is_too_much_.load(std::memory_order_relaxed)) {
        return;
    }
    std::lock_guard const alone(giving_way_);
    while (auto const found = excess()) {
        found->account->give_way_(found->kind);
    }
}

RecoveryBudget::Amounts RecoveryBudget::amounts() const {
    std::lock_guard const lock(mutex_);
    return sums_;
}

RecoveryBudget::Account::Account(std::shared_ptr<RecoveryBudget> budget, void const* family,
                                 GiveWay give_way)
    : budget_(std::move(budget)), give_way_(std::move(give_way)) {
    budget_->join(*this, family);
}

RecoveryBudget::Account::~Account() {
    budget_->leave(*this);
}

void RecoveryBudget::Account::set(Amounts const& amounts) {
    if (amounts != rank.amounts) {
        std::lock_guard const lock(budget_->mutex_);
        budget_->set(*this, amounts);
    }
}

}  // namespace socketio
