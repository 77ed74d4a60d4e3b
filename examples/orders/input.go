package main

// day1, day2 and day3 are the orders of three days, as they are uploaded.
const (
	day1 = `[
  {"order_id": "ORD-1", "timestamp": "2025-06-22T09:00:00Z",
   "customer": {"customer_id": 501, "name": "Asha Rao", "email": "asha@shop.example", "address": {"city": "Pune", "postal_code": "411001", "country": "India"}},
   "items": [{"item_id": "I-1", "product_name": "Reading lamp", "quantity": 1, "price": 1499.5}, {"item_id": "I-2", "product_name": "Door mat", "quantity": 2, "price": 250.0}],
   "payment": {"method": "CARD", "transaction_id": "T-1"},
   "metadata": [{"key": "channel", "value": "app"}, {"key": "coupon", "value": "JUNE"}]},
  {"order_id": "ORD-2", "timestamp": "2025-06-22T09:30:00Z",
   "customer": {"customer_id": 502, "name": "Ben Okafor", "email": null},
   "items": null,
   "payment": {"method": "CASH"},
   "metadata": []}
]`
	day2 = `{"order_id": "ORD-3", "timestamp": "2025-06-23T10:00:00Z", "customer": null,
  "items": [{"item_id": "I-3", "product_name": "Oak stool", "quantity": 1, "price": 300}],
  "payment": {"method": "CARD", "transaction_id": "T-3"},
  "metadata": [{"key": "channel", "value": null}]}`
	day3 = `[{"order_id": "ORD-4", "timestamp": "2025-06-24T08:00:00Z", "payment": {"method": "UPI", "transaction_id": "T-4"}}]`
)
